// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Resolver } from 'node:dns/promises';
import { createServer, type Server } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import {
  freePort,
  onDrachtio,
  trunk,
  type IncomingCall,
  type OutgoingCall,
  type Resource,
  type SipPeer,
} from '../src/index.ts';
import {
  attemptsOf,
  backends,
  expectRefusal,
  millisecondsOf,
  offer,
  OriginationStage,
  ROUTED,
  START_MS,
  STOP_MS,
  traceOf,
  userOf,
} from './origination.fixture.ts';

const CARRIER = '127.0.23.1';
const HOST = '127.0.23.2';

/** Without any response for so long, the next target is tried (DESIGN §4). */
const SILENCE_MS: [atLeast: number, lessThan: number] = [3_500, 6_000];
const AT_ONCE_MS: [atLeast: number, lessThan: number] = [0, 2_000];
/** Longer than the patience with silence. */
const SLOW_MS = 6_000;

interface Cast {
  live: SipPeer;
  /** Hear everything and say nothing. */
  silent: SipPeer;
  quiet: SipPeer;
  mute: SipPeer;
  /** Takes connections and closes them when something comes. */
  rude: Server;
  /** Ports where nobody listens: each call has its own, none of them is known to be dead. */
  closed: number[];
}

interface Failure {
  name: string;
  /** Tried in this order. */
  targets: (cast: Cast) => string[];
  attempts: string[];
  /** How long each attempt that went on took. */
  times: [atLeast: number, lessThan: number][];
  /** Of the first attempt. */
  error?: RegExp;
  /** What the caller is told; absent: the call is answered. */
  ends?: { line: string; text: string; status: string };
}

const at = (user: string, { hostPort }: SipPeer): string => `sip:${user}@${hostPort}`;
const closedTcp = ({ closed }: Cast, which: number): string => `sip:${HOST}:${closed[which]};transport=tcp`;
const NO_NAME = 'sip:pbx.invalid:5060';
/** drachtio-server says no more than that. */
const NO_NAME_ERROR = onDrachtio ? /^DNS Error$/ : /^DNS: .*pbx\.invalid/;
const answered = (index: number): string => `uri${index} answered 200 OK`;
const UNAVAILABLE = '503 Service Unavailable';

const FAILURES: Failure[] = [
  {
    name: 'silence',
    targets: ({ silent, live }) => [at('a', silent), at('ok', live)],
    attempts: ['uri1 next 0', answered(2)],
    times: [SILENCE_MS],
    error: /^no response in 4 s$/,
  },
  {
    name: 'silence, twice',
    targets: ({ silent, quiet, live }) => [at('b', silent), at('b', quiet), at('ok', live)],
    attempts: ['uri1 next 0', 'uri2 next 0', answered(3)],
    times: [SILENCE_MS, SILENCE_MS],
  },
  {
    name: 'silence on an open TCP connection',
    targets: ({ mute, live }) => [`sip:${mute.hostPort};transport=tcp`, at('ok', live)],
    attempts: ['uri1 next 0', answered(2)],
    times: [SILENCE_MS],
    error: /^no response in 4 s$/,
  },
  {
    name: 'silence of the last target',
    targets: ({ silent, live }) => [at('busy503', live), at('c', silent)],
    attempts: ['uri1 next 503 Because 503', 'uri2 next 0'],
    times: [AT_ONCE_MS, SILENCE_MS],
    ends: { line: '408 Request Timeout', text: 'the last with no response', status: 'no-answer' },
  },
  {
    name: 'a target that says 100, and refuses long after',
    targets: ({ live }) => [at('late503', live), at('ok', live)],
    attempts: ['uri1 next 503 Because 503', answered(2)],
    times: [[SLOW_MS - 100, SLOW_MS + 3_000]],
  },
  {
    name: 'a TCP port that refuses',
    targets: (cast) => [closedTcp(cast, 0), at('ok', cast.live)],
    attempts: ['uri1 next 0', answered(2)],
    times: [AT_ONCE_MS],
    error: /^(connection refused|no connection)/,
  },
  {
    name: 'a TCP port that refuses, of the last target',
    targets: (cast) => [at('busy480', cast.live), closedTcp(cast, 1)],
    attempts: ['uri1 next 480 Because 480', 'uri2 next 0'],
    times: [AT_ONCE_MS, AT_ONCE_MS],
    ends: { line: UNAVAILABLE, text: 'the last with a transport error', status: 'failed' },
  },
  {
    name: 'a TCP connection that is closed without an answer',
    targets: ({ rude, live }) => [
      `sip:${HOST}:${(rude.address() as { port: number }).port};transport=tcp`,
      at('ok', live),
    ],
    attempts: ['uri1 next 0', answered(2)],
    times: [onDrachtio ? [0, 6_000] : AT_ONCE_MS],
  },
  {
    name: 'a name that does not resolve',
    targets: ({ live }) => [NO_NAME, at('ok', live)],
    attempts: ['uri1 next 0', answered(2)],
    times: [AT_ONCE_MS],
    error: NO_NAME_ERROR,
  },
  {
    name: 'a name that does not resolve, without a port: NAPTR and SRV do not either',
    targets: ({ live }) => ['sip:pbx.invalid', 'sip:pbx.invalid;transport=tcp', at('ok', live)],
    attempts: ['uri1 next 0', 'uri2 next 0', answered(3)],
    times: [AT_ONCE_MS, AT_ONCE_MS],
    error: NO_NAME_ERROR,
  },
  {
    name: 'a name that does not resolve, of the last target',
    targets: (cast) => [closedTcp(cast, 2), NO_NAME],
    attempts: ['uri1 next 0', 'uri2 next 0'],
    times: [AT_ONCE_MS, AT_ONCE_MS],
    ends: { line: UNAVAILABLE, text: 'the last with a DNS failure', status: 'failed' },
  },
  {
    name: 'a UDP port where nobody listens: to a telephone network that is silence',
    targets: ({ closed, live }) => [`sip:${HOST}:${closed[3]}`, at('ok', live)],
    attempts: ['uri1 next 0', answered(2)],
    times: [[0, 6_000]],
  },
];

/** Targets that take their time: the call waits for them. Statuses that the caller sees. */
const PATIENT: [user: string, statuses: number[]][] = [
  ['trying', [100, 180, 200]],
  ['ringing', [100, 180, 200]],
  ['progress', [100, 183, 200]],
];

const numberOf = (index: number): string => `+155501${`${index}`.padStart(2, '0')}`;
const patientNumber = (index: number): string => numberOf(50 + index);

const resources = (cast: Cast): Resource[] => [
  ...FAILURES.flatMap(({ targets }, index) =>
    trunk(`f${index}`, {
      numbers: [numberOf(index)],
      targets: targets(cast).map((sipUri, priority) => ({ sipUri, priority })),
    }),
  ),
  ...PATIENT.flatMap(([user], index) =>
    trunk(`p${index}`, {
      numbers: [patientNumber(index)],
      targets: [at(user, cast.live), { sipUri: at('ok', cast.live), priority: 20 }],
    }),
  ),
];

/** What the user part of the URI asks for. */
const answering = async (call: IncomingCall): Promise<void> => {
  const user = userOf(call.invite.uri);
  const status = /\d+$/.exec(user)?.[0];
  if (user === 'trying' || user.startsWith('late')) call.respond(100);
  if (user === 'ringing') call.ring();
  if (user === 'progress') call.ring(183);
  if (!/^(ok|busy)/.test(user)) await wait(SLOW_MS);
  if (user === 'trying') call.ring();
  if (status === undefined) await call.answer(offer(HOST));
  else await call.reject(Number(status), { reason: `Because ${status}` });
};

/** How long this machine's name servers take to know that a name is not there. */
const dnsPatience = async (): Promise<number> => {
  const startedAt = Date.now();
  await new Resolver({ timeout: 1_000, tries: 2 }).resolve4('pbx.invalid').catch(() => undefined);
  return Date.now() - startedAt;
};

/** Targets from which nothing comes, or nothing for long. */
describe.each(backends)('a target that gives no answer, with %s media', (media) => {
  const stage = new OriginationStage();
  const failed: OutgoingCall[] = [];
  const patient: OutgoingCall[] = [];
  let cast: Cast;
  let dnsMs = 0;

  beforeAll(async () => {
    const rude = createServer((socket) =>
      socket.on('error', () => undefined).once('data', () => socket.destroy()),
    );
    await new Promise<void>((resolve) => rude.listen(0, HOST, resolve));
    cast = {
      live: await stage.gateway(HOST),
      silent: await stage.gateway(HOST),
      quiet: await stage.gateway(HOST),
      mute: await stage.gateway(HOST, { transport: 'tcp' }),
      rude,
      closed: await Promise.all([1, 2, 3, 4].map(() => freePort(HOST))),
    };
    cast.live.onInvite = answering;
    cast.silent.onInvite = cast.quiet.onInvite = cast.mute.onInvite = undefined;
    dnsMs = await dnsPatience();
    await stage.open(resources(cast), media, CARRIER);
    // All at once: most of them wait for something.
    failed.push(...FAILURES.map((_, index) => stage.dial(numberOf(index))));
    patient.push(...PATIENT.map((_, index) => stage.dial(patientNumber(index))));
    await Promise.all([...failed, ...patient].map((call) => stage.ended(call, 30_000)));
  }, START_MS);
  afterAll(async () => {
    await stage.close();
    await new Promise((resolve) => cast.rude.close(resolve));
  }, STOP_MS);

  it.each(FAILURES.map((failure, index) => ({ ...failure, index })))(
    '$name',
    async (failure) => {
      const { index, attempts, times, error, ends } = failure;
      const call = failed[index] as OutgoingCall;
      const final = await call.final();
      const record = await stage.up.record(call.callId);
      expect(attemptsOf(record)).toEqual(attempts.map((attempt) => `f${index}-${attempt}`));
      for (const [position, [atLeast, lessThan]] of times.entries()) {
        const allowed = record.attempts[position]?.error?.startsWith('DNS') ? lessThan + dnsMs : lessThan;
        expect(millisecondsOf(record, position)).toBeGreaterThanOrEqual(atLeast);
        expect(millisecondsOf(record, position)).toBeLessThan(allowed);
      }
      if (error) expect(record.attempts[0]?.error).toMatch(error);
      expect(traceOf(record)).toEqual(ROUTED);
      if (ends) {
        expectRefusal(final, { line: ends.line, code: 'all-targets-failed', check: '', text: ends.text });
        const { status } = ends;
        expect(record).toMatchObject({ status, sipStatus: final.status, outcomeCode: 'all-targets-failed' });
      } else {
        expect(final.status).toBe(200);
        expect(record).toMatchObject({ status: 'completed', sipStatus: 200, outcomeCode: 'answered' });
      }
      // Nobody rings: the caller hears of no target that failed.
      expect(call.responses.map(({ status }) => status)).toEqual([100, final.status]);
    },
    20_000,
  );

  it.each(PATIENT.map((row, index) => [...row, index] as const))(
    'waits for one that is slow after %s',
    async (user, statuses, index) => {
      const call = patient[index] as OutgoingCall;
      expect(call.responses.map(({ status }) => status)).toEqual(statuses);
      const record = await stage.up.record(call.callId);
      expect(attemptsOf(record)).toEqual([`p${index}-uri1 answered 200 OK`]);
      expect(millisecondsOf(record, 0)).toBeGreaterThanOrEqual(SLOW_MS - 100);
      expect(record.attempts[0]?.uri).toBe(at(user, cast.live));
      expect(traceOf(record)).toEqual(ROUTED);
    },
    20_000,
  );

  it('asks a silent target again with the same branch, and no more when it has gone on', async () => {
    const [, , , last] = failed as [OutgoingCall, OutgoingCall, OutgoingCall, OutgoingCall];
    expect((await last.final()).status).toBe(408);
    const invites = cast.silent.received('INVITE').filter(({ uri }) => userOf(uri) === 'c');
    expect(invites.length).toBeGreaterThan(2);
    expect(new Set(invites.map(({ branch }) => branch)).size).toBe(1);
    // RFC 3261 §9.1: nothing to cancel before a provisional response.
    expect(cast.silent.received('CANCEL')).toEqual([]);
    const heardLast = Math.max(
      ...cast.silent.seen.filter(({ message }) => userOf(message.uri) === 'c').map(({ at: time }) => time),
    );
    const { endedAt } = await stage.up.record(last.callId);
    expect(heardLast).toBeLessThanOrEqual(Date.parse(endedAt) + 50);
  });

  it('has nothing left to do', async () => {
    await stage.up.expectIdle();
  }, 30_000);
});
