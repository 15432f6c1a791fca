// SPDX-License-Identifier: Apache-2.0
import { account, carrier, edge, originationUri, phoneNumber, trunk, type Resource } from './resources.ts';

/** Ports of the two telephones that calls end at; both refuse with 503, so that every attempt of a plan is made. */
export interface ExplainPlaces {
  /** At 127.0.0.3. */
  pbx: number;
  /** At 127.0.0.2. */
  pstn: number;
}

/** Where the PBX and the carrier call from. */
export const PBX = '127.0.0.3';
export const CARRIER = '127.0.0.2';
export const USERS = { pbx: 'Demo-Password-1' };

/** One trunk for each thing that can be wrong with one. */
export const explainManifests = ({ pbx, pstn }: ExplainPlaces): Resource[] => {
  const acl = [`${PBX}/32`, '127.0.4.0/24'];
  const toPbx = `sip:${PBX}:${pbx}`;
  const gateway = { host: CARRIER, port: pstn };
  return [
    edge('ashburn', 'us1'),
    carrier('pstn', [gateway], { prefixes: ['+1', '+44'] }),
    carrier(
      'longer',
      [
        { ...gateway, priority: 1 },
        { ...gateway, port: 9, transport: 'tcp', priority: 2 },
      ],
      { prefixes: ['+4420'] },
    ),
    carrier('off', [{ ...gateway, enabled: false }], { prefixes: ['+49'], sources: ['127.0.2.0/28'] }),
    ...trunk('acme', {
      acl,
      numbers: ['+15550100'],
      callerIds: ['+15550108'],
      targets: [
        { sipUri: `${toPbx}?X-site=b&X-empty=`, priority: 20 },
        { sipUri: `sip:reception@${PBX}:${pbx};transport=udp`, priority: 10 },
        { sipUri: `sip:${PBX}:9;transport=tcp`, priority: 30 },
        { sipUri: `sip:off@${PBX}:${pbx}`, priority: 1, enabled: false },
      ],
    }),
    phoneNumber('acme', '+15550101'),
    { ...phoneNumber('acme', '+15550102'), kind: 'OutgoingCallerId', status: { verified: false } },
    ...trunk('branch', {
      namespace: 'acme',
      account: null,
      domainName: 'branch.acme',
      acl,
      numbers: ['+15550103'],
    }),
    ...trunk('locked', { users: USERS, numbers: ['+15550110'], targets: [toPbx] }),
    ...trunk('both', { acl, users: USERS, numbers: ['+15550120'] }),
    ...trunk('open', { numbers: ['+15550130'] }),
    ...trunk('suspended', { acl, numbers: ['+15550140'], targets: [toPbx], account: { suspended: true } }),
    ...trunk('child', { acl, numbers: ['+15550141'], targets: [toPbx], account: { parent: 'suspended' } }),
    ...trunk('trial', {
      acl,
      numbers: ['+15550150'],
      callerIds: ['+442079460150'],
      account: { type: 'trial' },
    }),
    ...trunk('secure', { acl, numbers: ['+15550160'], targets: [toPbx], spec: { secure: true } }),
    ...trunk('limited', {
      acl,
      numbers: ['+15550170'],
      account: { callsPerSecond: 100 },
      spec: { limits: { callsPerSecond: 50, concurrentCalls: 10 } },
    }),
    ...trunk('recorded', {
      acl,
      numbers: ['+15550171'],
      targets: [toPbx],
      spec: { recording: { mode: 'record-from-answer' } },
    }),
    ...trunk('cnam', { numbers: ['+15550172'], targets: [toPbx], spec: { cnamLookup: true } }),
    ...trunk('noroute', { numbers: ['+15550180'] }),
    ...trunk('disabled', { numbers: ['+15550181'], targets: [{ sipUri: toPbx, enabled: false }] }),
    ...trunk('far', { numbers: ['+15550182'], targets: [`${toPbx};edge=ashburn`] }),
    ...trunk('nowhere', { numbers: ['+15550183'], targets: [`${toPbx};edge=atlantis`] }),
    ...trunk('partly', {
      numbers: ['+15550184'],
      targets: [{ sipUri: `${toPbx};edge=ashburn`, priority: 1 }],
    }),
    originationUri('partly', 'partly', 'second', { sipUri: `sip:second@${PBX}:${pbx}`, priority: 2 }),
    account('idle', { type: 'full' }),
  ];
};
