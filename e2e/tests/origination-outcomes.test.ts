// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  phoneNumber,
  trunk,
  type OutgoingCall,
  type Resource,
  type SipPeer,
  type TrunkOptions,
} from '../src/index.ts';
import {
  attemptsOf,
  backends,
  CALLER,
  expectRefusal,
  OriginationStage,
  ROUTED,
  START_MS,
  STOP_MS,
  traceOf,
} from './origination.fixture.ts';

const CARRIER = '127.0.20.1';
const HOST = '127.0.20.2';

/** The outcome table of DESIGN §4. */
const FINAL = [400, 404, 405, 410, 416, 482, 484, 486, 600, 603, 604, 606];
const NEXT = [
  ...[300, 301, 305, 380],
  ...[401, 402, 403, 406, 407, 408, 413, 415, 420, 480, 481, 483, 485, 487, 488, 491, 493],
  ...[500, 501, 502, 503, 504, 505, 513],
];

type Row = [status: number, outcome: 'final' | 'next'];

/** A trunk, and numbers of it whose last three digits are the status that the PBX refuses with. */
interface Table {
  name: string;
  /** What the numbers begin with. */
  block: string;
  rows: Row[];
  finalCodes?: string[];
}
const LONDON = '+442079460';
const TABLES: Table[] = [
  {
    name: 'usual',
    block: LONDON,
    rows: [...FINAL.map((status): Row => [status, 'final']), ...NEXT.map((status): Row => [status, 'next'])],
  },
  {
    name: 'some',
    block: '+441632960',
    finalCodes: ['503', '404'],
    rows: [
      [503, 'final'],
      [404, 'final'],
      [486, 'next'],
      [480, 'next'],
      [603, 'next'],
    ],
  },
  {
    name: 'families',
    block: '+441144960',
    finalCodes: ['4xx', '600'],
    rows: [
      [480, 'final'],
      [486, 'final'],
      [503, 'next'],
      [600, 'final'],
      [603, 'next'],
    ],
  },
  {
    name: 'none',
    block: '+441214960',
    finalCodes: [],
    rows: [
      [486, 'next'],
      [603, 'next'],
    ],
  },
];
const REDIRECTED = `${LONDON}302`;

/** Targets that all fail, by the user of each URI: what the last one does is what the caller is told. */
interface LastWord {
  number: string;
  users: number[];
  line: string;
  status: 'failed' | 'no-answer' | 'busy';
  code?: string;
}
const LAST_WORDS: LastWord[] = [
  { number: '+441134960001', users: [500, 480], line: '480 Because 480', status: 'no-answer' },
  { number: '+441134960002', users: [480, 408, 500], line: '500 Because 500', status: 'failed' },
  { number: '+441134960003', users: [503, 408], line: '408 Because 408', status: 'no-answer' },
  { number: '+441134960004', users: [503], line: '503 Because 503', status: 'failed' },
  // A challenge is between us and the PBX: the caller could do nothing with it (RFC 3261 §22.3).
  { number: '+441134960005', users: [480, 407], line: '503 Service Unavailable', status: 'failed' },
  { number: '+441134960006', users: [480, 401], line: '503 Service Unavailable', status: 'failed' },
  {
    number: '+441134960007',
    users: [503, 486, 480],
    line: '486 Because 486',
    status: 'busy',
    code: 'final-answer',
  },
  { number: '+441134960008', users: [500, 301], line: '301 Because 301', status: 'failed' },
];

const tableTrunk = ({ name, block, rows, finalCodes }: Table, targets: TrunkOptions['targets']): Resource[] =>
  trunk(name, {
    domainName: null,
    numbers: rows.map(([status]) => `${block}${status}`),
    ...(targets && { targets }),
    ...(finalCodes && { spec: { failover: { finalCodes } } }),
  });

const resources = (refuser: SipPeer, spare: SipPeer): Resource[] => [
  ...TABLES.flatMap((table) =>
    tableTrunk(table, [
      { sipUri: refuser.uri, priority: 1 },
      { sipUri: spare.uri, priority: 2 },
    ]),
  ),
  phoneNumber('usual', REDIRECTED, 'usual'),
  ...LAST_WORDS.flatMap(({ number, users }, index) =>
    trunk(`last${index}`, {
      domainName: null,
      numbers: [number],
      targets: users.map((user, priority) => ({ sipUri: `sip:${user}@${refuser.hostPort}`, priority })),
    }),
  ),
];

/** What an answer of a PBX means for the hunt. */
describe.each(backends)('the outcome of an attempt, with %s media', (media) => {
  const stage = new OriginationStage();
  const calls = new Map<string, OutgoingCall>();
  let refuser: SipPeer;
  let spare: SipPeer;

  beforeAll(async () => {
    [refuser, spare] = [await stage.refuser(HOST), await stage.gateway(HOST)];
    await stage.open(resources(refuser, spare), media, CARRIER);
    const numbers = [
      ...TABLES.flatMap(({ block, rows }) => rows.map(([status]) => `${block}${status}`)),
      REDIRECTED,
      ...LAST_WORDS.map(({ number }) => number),
    ];
    // All at once: a record is stored a while after its call.
    for (const number of numbers) calls.set(number, stage.dial(number));
    await Promise.all([...calls.values()].map((call) => stage.ended(call)));
  }, START_MS);
  afterAll(() => stage.close(), STOP_MS);

  const callTo = (number: string): OutgoingCall => {
    const call = calls.get(number);
    if (call) return call;
    throw new Error(`${number} was not called`);
  };
  const reached = (pbx: SipPeer, number: string): number =>
    pbx.received('INVITE').filter(({ uri }) => uri.includes(number)).length;

  const expectFinal = async (name: string, number: string): Promise<void> => {
    const status = Number(number.slice(-3));
    const call = callTo(number);
    expectRefusal(await call.final(), {
      line: `${status} Because ${status}`,
      code: 'final-answer',
      check: '',
      text: `${name}/${name}-uri1 answered ${status} Because ${status}`,
    });
    const record = await stage.up.record(call.callId);
    expect(attemptsOf(record)).toEqual([`${name}-uri1 final ${status} Because ${status}`]);
    expect(record).toMatchObject({
      direction: 'origination',
      trunk: name,
      from: CALLER,
      to: number,
      sipStatus: status,
      outcomeCode: 'final-answer',
      durationSeconds: 0,
    });
    expect(traceOf(record)).toEqual(ROUTED);
    expect(reached(spare, number)).toBe(0);
  };

  const expectNext = async (name: string, number: string): Promise<void> => {
    const status = Number(number.slice(-3));
    const call = callTo(number);
    expect((await call.final()).status).toBe(200);
    const record = await stage.up.record(call.callId);
    expect(attemptsOf(record)).toEqual([
      `${name}-uri1 next ${status} Because ${status}`,
      `${name}-uri2 answered 200 OK`,
    ]);
    expect(record).toMatchObject({
      trunk: name,
      sipStatus: 200,
      outcomeCode: 'answered',
      status: 'completed',
    });
    expect(traceOf(record)).toEqual(ROUTED);
    // No more than one INVITE each: a final answer is acknowledged, not asked for again.
    expect([reached(refuser, number), reached(spare, number)]).toEqual([1, 1]);
  };

  describe.each(TABLES)('on trunk $name', ({ name, block, rows }) => {
    it.each(rows)('%d: %s', (status, outcome) =>
      (outcome === 'final' ? expectFinal : expectNext)(name, `${block}${status}`),
    );
  });

  it('302 is refused for now, and nobody else is tried', async () => {
    const call = callTo(REDIRECTED);
    expectRefusal(await call.final(), {
      line: '501 Not Implemented',
      code: 'not-implemented',
      check: '',
      text: 'usual/usual-uri1 redirected the call (302), which is not available yet',
    });
    // The Contact of the redirect is for us alone.
    expect((await call.final()).header('Contact')).toBe('');
    const record = await stage.up.record(call.callId);
    expect(attemptsOf(record)).toEqual(['usual-uri1 final 302 Because 302']);
    expect(record).toMatchObject({ sipStatus: 501, outcomeCode: 'not-implemented', status: 'failed' });
    expect(reached(spare, REDIRECTED)).toBe(0);
  });

  it.each(LAST_WORDS)('tells the caller the last word of $users: $line', async (expected) => {
    const { number, users, line, status, code = 'all-targets-failed' } = expected;
    const call = callTo(number);
    const tried = code === 'final-answer' ? users.slice(0, 2) : users;
    const last = tried.at(-1) ?? 0;
    expectRefusal(await call.final(), { line, code, check: '', text: `${last} Because ${last}` });
    const record = await stage.up.record(call.callId);
    const name = record.trunk ?? '';
    expect(attemptsOf(record)).toEqual(
      tried.map((one, index) => {
        const outcome = code === 'final-answer' && index === tried.length - 1 ? 'final' : 'next';
        return `${name}-uri${index + 1} ${outcome} ${one} Because ${one}`;
      }),
    );
    expect(record).toMatchObject({ sipStatus: Number(line.slice(0, 3)), outcomeCode: code, status });
    expect(traceOf(record)).toEqual(ROUTED);
  });

  it('has nothing left to do', async () => {
    await stage.up.expectIdle();
  }, 30_000);
});
