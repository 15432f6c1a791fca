// SPDX-License-Identifier: Apache-2.0
import type { CallRecord } from './call-record.ts';

/** A record for tests: call number `n`, started `n` seconds after noon. */
export const sampleRecord = (n: number, changes: Partial<CallRecord> = {}): CallRecord => {
  const at = (seconds: number) => new Date(Date.UTC(2026, 0, 5, 12, 0, n) + seconds * 1000).toISOString();
  return {
    sid: `CA${n.toString(16).padStart(8, '0')}${'0'.repeat(24)}`,
    callId: `call-${n}@192.0.2.1`,
    edge: 'local',
    direction: 'termination',
    accountSid: `AC${'1'.repeat(32)}`,
    namespace: 'acme',
    trunkSid: `TK${'2'.repeat(32)}`,
    trunk: 'acme/main',
    from: '+15550100',
    to: '+15550111',
    source: { address: '203.0.113.7', port: 5060, transport: 'udp' },
    startedAt: at(0),
    ringingAt: at(0.2),
    answeredAt: at(1),
    endedAt: at(6),
    durationSeconds: 5,
    status: 'completed',
    sipStatus: 200,
    outcomeCode: 'answered',
    hungUpBy: 'caller',
    trace: [{ check: 'account-active', result: 'pass', detail: 'account acme is active' }],
    attempts: [
      {
        target: 'carrier/pstn/192.0.2.10:5060',
        sid: `CR${'3'.repeat(32)}`,
        uri: 'sip:+15550111@192.0.2.10:5060',
        startedAt: at(0.01),
        endedAt: at(1),
        status: 200,
        reason: 'OK',
        outcome: 'answered',
      },
    ],
    ladder: [
      { at: at(0), peer: 'caller', direction: 'in', summary: 'INVITE sip:+15550111@acme.pstn.example.com' },
      { at: at(0.01), peer: 'callee1', direction: 'out', summary: 'INVITE sip:+15550111@192.0.2.10:5060' },
      { at: at(1), peer: 'callee1', direction: 'in', summary: '200 OK' },
    ],
    media: { node: '127.0.0.1:2223', packetsFromCaller: 250, packetsFromCallee: 248 },
    warnings: [],
    ...changes,
  };
};

/** A call that was refused before anything else was known. */
export const sampleReject = (n: number): CallRecord => {
  const full = sampleRecord(n, {
    status: 'failed',
    sipStatus: 404,
    outcomeCode: 'unknown-domain',
    durationSeconds: 0,
    attempts: [],
    warnings: ['Max-Forwards 12 is under 20'],
  });
  const unknown = [
    'direction',
    'accountSid',
    'namespace',
    'trunkSid',
    'trunk',
    'ringingAt',
    'answeredAt',
    'hungUpBy',
    'media',
  ];
  return Object.fromEntries(
    Object.entries(full).filter(([name]) => !unknown.includes(name)),
  ) as unknown as CallRecord;
};
