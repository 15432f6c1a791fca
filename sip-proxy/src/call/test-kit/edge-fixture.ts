// SPDX-License-Identifier: Apache-2.0
import type { AccountEntry, EdgeConfig, OriginationTarget, TrunkEntry } from '@trunkline/crds';

export const BASE_DOMAIN = 'example.com';
export const TERMINATION_HOST = `acme.pstn.${BASE_DOMAIN}`;
export const NUMBER = '+15550100';
export const CALLED = '+442079460123';
/** Source of the carrier's calls; the customer calls from 127.0.0.1. */
export const CARRIER_ADDRESS = '127.0.0.3';

export const fixtureTrunk = (over: Partial<TrunkEntry> = {}): TrunkEntry => ({
  key: 'acme/acme',
  sid: `TK${'1'.repeat(32)}`,
  namespace: 'acme',
  name: 'acme',
  generation: 1,
  friendlyName: 'Acme',
  secure: false,
  symmetricRtp: false,
  cnamLookup: false,
  recording: { mode: 'do-not-record', trim: 'do-not-trim' },
  transfer: { mode: 'disable-all', callerId: 'from-transferee' },
  domainName: 'acme',
  ipAccessControlLists: [{ key: 'acme/office', sid: `AL${'1'.repeat(32)}`, cidrs: ['127.0.0.1/32'] }],
  credentialLists: [],
  limits: { maxCallDurationSeconds: 86_400 },
  failover: {
    answerTimeoutMs: 4000,
    finalCodes: ['400', '404', '405', '410', '416', '482', '484', '486', '6xx'],
  },
  numbers: [NUMBER],
  originationTargets: [],
  ...over,
});

export const fixtureTarget = (
  at: { address: string; port: number },
  over: Partial<OriginationTarget> = {},
): OriginationTarget => ({
  key: 'acme/pbx',
  sid: `OU${'1'.repeat(32)}`,
  sipUri: `sip:${at.address}:${at.port}`,
  host: at.address,
  port: at.port,
  transport: 'udp',
  headers: [],
  priority: 10,
  weight: 10,
  ...over,
});

const account: AccountEntry = {
  name: 'acme',
  sid: `AC${'1'.repeat(32)}`,
  namespace: 'acme',
  type: 'full',
  suspended: false,
  numbers: [NUMBER],
  verifiedCallerIds: [],
};

export interface Fixture {
  gateways: { address: string; port: number }[];
  trunk?: Partial<TrunkEntry>;
  secrets?: EdgeConfig['secrets'];
  hasCarrierCredentials?: boolean;
  unknownDomain?: 'reject' | 'drop';
}

/** One account, one trunk with an access list, one carrier whose gateways are tried in the order given. */
export const fixtureConfig = (fixture: Fixture): EdgeConfig => ({
  global: {
    version: 1,
    shard: 'global',
    revision: 'r1',
    baseDomain: BASE_DOMAIN,
    unknownDomain: fixture.unknownDomain ?? 'reject',
    carriers: [
      {
        name: 'pstn',
        sid: `CR${'1'.repeat(32)}`,
        prefixes: ['+'],
        gateways: fixture.gateways.map(({ address, port }, i) => ({
          host: address,
          port,
          transport: 'udp',
          priority: i,
          weight: 10,
        })),
        inboundSources: [`${CARRIER_ADDRESS}/32`],
        codecs: [],
        hasCredentials: fixture.hasCarrierCredentials ?? false,
      },
    ],
    edges: [],
  },
  routing: [
    { version: 1, shard: 'aa', revision: 'r1', accounts: [account], trunks: [fixtureTrunk(fixture.trunk)] },
  ],
  secrets: fixture.secrets ?? [],
});
