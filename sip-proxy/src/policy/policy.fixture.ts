// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type {
  AccountEntry,
  CarrierEntry,
  EdgeConfig,
  OriginationTarget,
  SecretShard,
  TrunkEntry,
} from '@trunkline/crds';
import { buildConfigIndex } from '../config/config-index.ts';
import type { PolicyContext } from './context.ts';
import type { RequestFacts } from './decision.ts';
import { digestResponse } from './digest/verify-response.ts';

/* One small install for the tests of this room: trunk `acme/acme` with a number, a PBX user and an office address. */

export const NOW = 1_800_000_000_000;
export const BASE = 'example.com';
export const USER = 'pbx';
export const PASSWORD = 'Correct-Horse-1';
export const OFFICE = '203.0.113.7';
export const CARRIER = '192.0.2.10';
export const NUMBER = '+15550100';
export const ABROAD = '+442079460123';

export const SDP = [
  'v=0',
  'o=- 1 1 IN IP4 203.0.113.7',
  's=-',
  'c=IN IP4 203.0.113.7',
  't=0 0',
  'm=audio 4000 RTP/AVP 0 8 101',
  'a=rtpmap:101 telephone-event/8000',
  '',
].join('\r\n');

export function makeTrunk(over: Partial<TrunkEntry> = {}): TrunkEntry {
  return {
    key: 'acme/acme',
    sid: 'TK1',
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
    ipAccessControlLists: [{ key: 'acme/office', sid: 'AL1', cidrs: [`${OFFICE}/32`] }],
    credentialLists: [],
    limits: { maxCallDurationSeconds: 86_400 },
    failover: {
      answerTimeoutMs: 4000,
      finalCodes: ['400', '404', '405', '410', '416', '482', '484', '486', '6xx'],
    },
    numbers: [NUMBER],
    originationTargets: [makeTarget()],
    ...over,
  };
}

export function makeTarget(over: Partial<OriginationTarget> = {}): OriginationTarget {
  return {
    key: 'acme/pbx1',
    sid: 'OU1',
    sipUri: 'sip:pbx1.acme.example;transport=tcp',
    host: 'pbx1.acme.example',
    transport: 'tcp',
    headers: [],
    priority: 10,
    weight: 10,
    ...over,
  };
}

export function makeAccount(over: Partial<AccountEntry> = {}): AccountEntry {
  return {
    name: 'acme',
    sid: 'AC1',
    namespace: 'acme',
    type: 'full',
    suspended: false,
    numbers: [NUMBER, '+15550199'],
    verifiedCallerIds: ['+15550177'],
    ...over,
  };
}

export function makeCarrier(over: Partial<CarrierEntry> = {}): CarrierEntry {
  return {
    name: 'pstn',
    sid: 'CR1',
    prefixes: ['+'],
    gateways: [{ host: CARRIER, port: 5060, transport: 'udp', priority: 10, weight: 10 }],
    inboundSources: ['192.0.2.0/28'],
    codecs: [],
    hasCredentials: false,
    ...over,
  };
}

export function ha1(algorithm: 'md5' | 'sha256', username: string, password: string): string {
  return createHash(algorithm).update(`${username}:${BASE}:${password}`).digest('hex');
}

export function makeSecrets(users: Record<string, string> = { [USER]: PASSWORD }): SecretShard {
  const hashes = Object.entries(users).map(([username, password]) => ({
    username,
    ha1Md5: ha1('md5', username, password),
    ha1Sha256: ha1('sha256', username, password),
  }));
  return { version: 1, shard: '3f', revision: 's1', credentialLists: { 'acme/pbx': hashes }, carriers: {} };
}

export interface ConfigParts {
  trunks?: TrunkEntry[];
  accounts?: AccountEntry[];
  carriers?: CarrierEntry[];
  unknownDomain?: 'reject' | 'drop';
  secrets?: SecretShard[];
}

export function makeConfig(parts: ConfigParts = {}): EdgeConfig {
  const { trunks = [makeTrunk()], accounts = [makeAccount()], carriers = [makeCarrier()] } = parts;
  return {
    global: {
      version: 1,
      shard: 'global',
      revision: 'g1',
      baseDomain: BASE,
      unknownDomain: parts.unknownDomain ?? 'reject',
      carriers,
      edges: [
        { name: 'ashburn', sid: 'ED1', legacyRegion: 'us1' },
        { name: 'dublin', sid: 'ED2', legacyRegion: 'ie1' },
      ],
    },
    routing: [{ version: 1, shard: '3f', revision: 'r1', accounts, trunks }],
    secrets: parts.secrets ?? [makeSecrets()],
  };
}

export function makeContext(parts: ConfigParts = {}, over: Partial<PolicyContext> = {}): PolicyContext {
  return {
    config: buildConfigIndex(makeConfig(parts)),
    now: NOW,
    random: () => 0.5,
    limits: { startsWithin: () => 0, concurrent: () => 0 },
    options: { allows: () => true },
    nonces: { keys: ['key-1'], lifetimeMs: 30_000, isUsed: () => false },
    failures: { blocks: () => false },
    edge: 'ashburn',
    ...over,
  };
}

/** An INVITE of the customer that every check lets pass. */
export function outbound(over: Partial<RequestFacts> = {}): RequestFacts {
  return {
    method: 'INVITE',
    requestUri: `sip:${ABROAD}@acme.pstn.${BASE}`,
    from: `"Front desk" <sip:${NUMBER}@pbx.acme.example>;tag=1`,
    to: `<sip:${ABROAD}@acme.pstn.${BASE}>`,
    diversion: [],
    maxForwards: 70,
    callId: 'call-1@pbx.acme.example',
    source: { address: OFFICE, port: 5060, transport: 'udp' },
    sdp: SDP,
    ...over,
  };
}

/** An INVITE of the carrier that every check lets pass. */
export function inbound(over: Partial<RequestFacts> = {}): RequestFacts {
  return {
    ...outbound(),
    requestUri: `sip:${NUMBER}@198.51.100.1`,
    from: '<sip:+15550155@carrier.example>;tag=2',
    to: `<sip:${NUMBER}@198.51.100.1>`,
    callId: 'call-2@carrier.example',
    source: { address: CARRIER, port: 5060, transport: 'udp' },
    ...over,
  };
}

/** How a PBX answers a challenge; every part can be made wrong. */
export interface Answer {
  username?: string;
  password?: string;
  realm?: string;
  uri?: string;
  algorithm?: 'MD5' | 'SHA-256';
  nc?: string;
  qop?: boolean;
}

export function proxyAuthorization(nonce: string, request: RequestFacts, given: Answer = {}): string {
  const uri = request.requestUri;
  const defaults = { username: USER, password: PASSWORD, realm: BASE, uri, nc: '00000001', qop: true };
  const answer = { ...defaults, algorithm: 'SHA-256' as const, ...given };
  const { username, realm, algorithm, nc } = answer;
  const hash = ha1(algorithm === 'MD5' ? 'md5' : 'sha256', username, answer.password);
  const parts = { username, realm, nonce, uri: answer.uri, algorithm, response: '' };
  const credentials = answer.qop ? { ...parts, qop: { nc, cnonce: 'c0ffee' } } : parts;
  const response = digestResponse(credentials, hash, request.method);
  const quality = answer.qop ? `, qop=auth, nc=${nc}, cnonce="c0ffee"` : '';
  return `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${answer.uri}", response="${response}", algorithm=${algorithm}${quality}`;
}

/** Mulberry32: the same draws for the same seed, so that a statistical test fails always or never. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
