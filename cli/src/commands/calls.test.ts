// SPDX-License-Identifier: Apache-2.0
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  openRecordStore,
  recordPaths,
  serveRecords,
  type CallRecord,
  type RecordServer,
  type RecordStore,
} from '@trunkline/sip-proxy/records';
import { callsCommand } from './calls.ts';
import { parseCallsOptions } from './calls-options.ts';

const call = (n: number, changes: Partial<CallRecord> = {}): CallRecord => ({
  sid: `CA${n.toString(16).padStart(8, '0')}${'0'.repeat(24)}`,
  callId: `call-${n}@192.0.2.1`,
  edge: 'local',
  direction: 'termination',
  namespace: 'acme',
  trunk: 'main',
  from: '+15550100',
  to: '+15550111',
  source: { address: '203.0.113.7', port: 5060, transport: 'udp' },
  startedAt: `2026-01-05T12:00:0${n}.000Z`,
  answeredAt: `2026-01-05T12:00:0${n}.500Z`,
  endedAt: `2026-01-05T12:00:0${n + 2}.500Z`,
  durationSeconds: 2,
  status: 'completed',
  sipStatus: 200,
  outcomeCode: 'answered',
  hungUpBy: 'callee',
  trace: [
    { check: 'account-active', result: 'pass', detail: 'account acme is active' },
    { check: 'digest', result: 'skip', detail: 'the trunk has no credential list' },
  ],
  attempts: [
    {
      target: 'carrier/pstn/192.0.2.9:5060',
      sid: 'CR1',
      uri: 'sip:+15550111@192.0.2.9:5060',
      startedAt: `2026-01-05T12:00:0${n}.010Z`,
      endedAt: `2026-01-05T12:00:0${n}.020Z`,
      status: 0,
      reason: '',
      outcome: 'next',
      error: 'connection refused',
    },
    {
      target: 'carrier/pstn/192.0.2.10:5060',
      sid: 'CR1',
      uri: 'sip:+15550111@192.0.2.10:5060',
      startedAt: `2026-01-05T12:00:0${n}.020Z`,
      endedAt: `2026-01-05T12:00:0${n}.500Z`,
      status: 200,
      reason: 'OK',
      outcome: 'answered',
    },
  ],
  ladder: [{ at: `2026-01-05T12:00:0${n}.000Z`, peer: 'caller', direction: 'in', summary: 'INVITE sip:x' }],
  media: { node: '127.0.0.1:2223', packetsFromCaller: 100, packetsFromCallee: 99 },
  warnings: ['Max-Forwards 12 is under 20'],
  ...changes,
});

/** A refused call knows less. */
const refused = (n: number): CallRecord => {
  const { direction, namespace, trunk, hungUpBy, media, answeredAt, ...rest } = call(n);
  expect([direction, namespace, trunk, hungUpBy, media, answeredAt]).not.toContain(undefined);
  return {
    ...rest,
    status: 'failed',
    sipStatus: 404,
    outcomeCode: 'unknown-domain',
    durationSeconds: 0,
    attempts: [],
    warnings: [],
    ladder: [],
  };
};

const run = async (...argv: string[]) => {
  const written = { out: '', err: '' };
  const status = await callsCommand(argv, {
    stdout: { columns: 80, write: (text) => (written.out += text) },
    stderr: { write: (text) => (written.err += text) },
  });
  return { status, ...written };
};

const scratch = mkdtempSync(join(tmpdir(), 'tl-calls-'));
const paths = recordPaths(scratch);
let store: RecordStore;
let server: RecordServer;

beforeAll(async () => {
  store = await openRecordStore({ dir: paths.database });
  await store.insertMany([
    call(1),
    refused(2),
    call(3, { direction: 'origination', status: 'busy', sipStatus: 486 }),
  ]);
}, 60_000);
afterAll(async () => {
  await store.close();
  rmSync(scratch, { recursive: true });
});

describe('trunkline calls, while trunkline up runs', () => {
  beforeEach(async () => {
    server = await serveRecords({ store, socketPath: paths.socket });
  });
  afterEach(() => server.close());

  it('lists the newest calls first', async () => {
    const { status, out } = await run('--data', scratch);
    expect(status).toBe(0);
    expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['TIME (UTC)', 'CALL', 'DIRECTION', 'TRUNK', 'FROM', 'TO', 'SECONDS', 'STATUS', 'SIP', 'OUTCOME'],
      [
        '2026-01-05 12:00:03',
        'CA0000000300',
        'origination',
        'acme/main',
        '+15550100',
        '+15550111',
        '2',
        'busy',
        '486',
        'answered',
      ],
      [
        '2026-01-05 12:00:02',
        'CA0000000200',
        '-',
        '-',
        '+15550100',
        '+15550111',
        '0',
        'failed',
        '404',
        'unknown-domain',
      ],
      [
        '2026-01-05 12:00:01',
        'CA0000000100',
        'termination',
        'acme/main',
        '+15550100',
        '+15550111',
        '2',
        'completed',
        '200',
        'answered',
      ],
      [''],
    ]);
  });

  it.each([
    [['--limit', '1'], ['busy']],
    [['--status', 'failed'], ['failed']],
    [['--outcome', 'answered', '--direction', 'termination'], ['completed']],
    [
      ['--trunk', 'acme/main'],
      ['busy', 'completed'],
    ],
    [
      ['--since', '2026-01-05T12:00:02Z'],
      ['busy', 'failed'],
    ],
    [['--since', '1h', '--number', '15550100'], []],
  ])('lists %j', async (argv, expected) => {
    const { out } = await run('--data', scratch, '--json', ...argv);
    expect((JSON.parse(out) as CallRecord[]).map(({ status }) => status)).toEqual(expected);
  });

  it('says that there are none', async () => {
    expect(await run('--data', scratch, '--number', '+15550199')).toEqual({
      status: 0,
      out: 'no calls\n',
      err: '',
    });
  });

  it('shows everything about one call', async () => {
    const { status, out } = await run('CA00000001', '--data', scratch);
    expect(status).toBe(0);
    for (const part of [
      'Call       CA00000001000000000000000000000000\n',
      'Trunk      acme/main\n',
      'Source     203.0.113.7 port 5060 udp, edge local\n',
      'Ended      2026-01-05T12:00:03.500Z, by callee\n',
      'Result     completed, SIP 200, answered\n',
      'Checks\n  pass  account-active  account acme is active\n  skip  digest          the trunk has',
      '  1  carrier/pstn/192.0.2.9:5060  connection refused  next  after 0.010 s\n',
      '  2  carrier/pstn/192.0.2.10:5060  200 OK  answered  after 0.480 s\n     sip:+15550111@192.0.2.10:5060\n',
      'Media\n  node 127.0.0.1:2223: 100 packets from the caller, 99 from the callee\n',
      'Warnings\n  Max-Forwards 12 is under 20\n',
      '│── INVITE sip:x ─',
    ]) {
      expect(out).toContain(part);
    }
    expect((await run('00000001', '--ascii', '--data', scratch)).out).toContain('|-- INVITE sip:x -');
  });

  it('leaves out what a refused call does not have', async () => {
    const { out } = await run('CA00000002', '--data', scratch);
    expect(out).not.toMatch(/Direction|Trunk|Answered|Attempts|Media|Warnings|Messages|undefined/);
  });

  it('gives the record itself as JSON', async () => {
    expect(JSON.parse((await run('call-1@192.0.2.1', '--json', '--data', scratch)).out)).toEqual(call(1));
  });

  it.each([
    [['beef'], 1, /no call "beef": give a SID, at least 4 digits/],
    [['0000'], 1, /"0000" fits several calls/],
    [['--status', 'odd'], 2, /^trunkline calls: --status "odd" is not known: use completed, .*\n$/],
    [['--direction', 'up'], 2, /^trunkline calls: --direction "up" is not known: use termination, .*\n$/],
    [['--limit', 'ten'], 2, /^trunkline calls: --limit "ten" is not a whole number from 1 to 10000 .*\n$/],
    [['--limit', '0'], 2, /^trunkline calls: --limit "0" is not a whole number from 1 to 10000 .*\n$/],
    [['--since', 'yesterday'], 2, /^trunkline calls: --since "yesterday" is no time: use 90s.*\n$/],
    [['--limt', '3'], 2, /^trunkline calls: unknown flag --limt, did you mean --limit\? .*\n$/],
    [['a', 'b'], 2, /^trunkline calls: one call at a time: "b" .*\n$/],
  ])('ends %j with %d', async (argv, status, message) => {
    expect(await run('--data', scratch, ...argv)).toEqual({
      status,
      out: '',
      err: expect.stringMatching(message),
    });
  });
});

describe('trunkline calls, while trunkline up does not run', () => {
  it('says where it looked', async () => {
    const { status, err } = await run('--data', join(scratch, 'nowhere'));
    expect(status).toBe(1);
    expect(err).toMatch(/no call records in .*nowhere: give --data as you gave it/);
  });

  it('opens the folder itself, with what was left in the spool', async () => {
    const data = join(scratch, 'ended');
    const before = await openRecordStore({ dir: recordPaths(data).database });
    await before.insertMany([call(1)]);
    await before.close();
    mkdirSync(recordPaths(data).spool);
    writeFileSync(join(recordPaths(data).spool, '1-x-000001.jsonl'), JSON.stringify(call(2)));
    const { out } = await run('--data', data, '--json');
    expect((JSON.parse(out) as CallRecord[]).map(({ sid }) => sid)).toEqual([call(2).sid, call(1).sid]);
  }, 60_000);

  it('names the process that has the folder open without serving it', async () => {
    const { status, err } = await run('--data', scratch);
    expect({ status, err }).toEqual({
      status: 1,
      err: expect.stringContaining(`is open in process ${process.pid}`),
    });
  }, 20_000);
});

describe('parseCallsOptions', () => {
  it.each([
    ['90s', 90],
    ['30m', 1800],
    ['1h', 3600],
    ['2d', 172_800],
  ])('understands --since %s', (since, seconds) => {
    const now = Date.UTC(2026, 0, 5);
    expect(parseCallsOptions(['--since', since], now).filter.since?.getTime()).toBe(now - seconds * 1000);
  });

  it('leaves out what was not given', () => {
    expect(parseCallsOptions([])).toStrictEqual({
      data: '.trunkline',
      json: false,
      ascii: false,
      filter: {},
    });
  });
});
