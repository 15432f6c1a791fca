// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  carrier,
  eventually,
  runTrunkline,
  sdp,
  SipPeer,
  startTrunkline,
  trunk,
  type OutgoingCall,
  type Trunkline,
} from '../src/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const HEADINGS = [
  'TIME (UTC)',
  'CALL',
  'DIRECTION',
  'TRUNK',
  'FROM',
  'TO',
  'SECONDS',
  'STATUS',
  'SIP',
  'OUTCOME',
];
const cellsOf = (table: string): string[][] =>
  table
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/));

describe('trunkline calls', () => {
  let up: Trunkline;
  let pbx: SipPeer;
  let pstn: SipPeer;
  let stranger: SipPeer;
  /** By outcome, in the order in which they were made. */
  const calls: Record<'answered' | 'busy' | 'cancelled' | 'inbound' | 'refused', OutgoingCall> = {} as never;

  const place = (peer: SipPeer, to: string, from: string): OutgoingCall =>
    peer.invite({ to, from, proxy: up.sip, sdp: sdp({ address: peer.address, port: 40_000 }) });
  const outbound = (number: string) => place(pbx, `sip:${number}@acme.pstn.example.com`, '+15550100');
  const stored = async (call: OutgoingCall) => up.record(call.callId);

  beforeAll(async () => {
    pbx = await SipPeer.open({ address: '127.0.0.3', name: 'pbx' });
    pstn = await SipPeer.open({ address: '127.0.0.2', name: 'pstn' });
    stranger = await SipPeer.open({ address: '127.0.0.66' });
    const gateway = { host: pstn.address, port: pstn.port };
    up = await startTrunkline({
      manifests: [
        ...trunk('acme', { acl: ['127.0.0.3/32'], numbers: ['+15550100'], targets: [pbx.uri] }),
        carrier('pstn', [gateway]),
        // Its first gateway has nobody: the second is tried.
        carrier(
          'spare',
          [
            { host: '127.0.0.2', port: 9, priority: 1 },
            { ...gateway, priority: 2 },
          ],
          {
            prefixes: ['+442079460001'],
          },
        ),
      ],
    });
    await makeCalls();
  }, 120_000);
  afterAll(async () => {
    await up.stop();
    for (const peer of [pbx, pstn, stranger]) await peer.close();
  }, 30_000);

  const makeCalls = async () => {
    const answer = sdp({ address: '127.0.0.2', port: 40_000 });
    pstn.onInvite = async (call) => {
      call.ring();
      await call.answer(answer);
    };
    calls.answered = outbound('+442079460001');
    await calls.answered.answered();
    await calls.answered.bye();
    await stored(calls.answered);

    pstn.onInvite = (call) => void call.reject(486);
    calls.busy = outbound('+442079460002');
    await calls.busy.response(486);
    await stored(calls.busy);

    pstn.onInvite = (call) => {
      call.ring();
    };
    calls.cancelled = outbound('+442079460003');
    await calls.cancelled.response(180);
    await calls.cancelled.cancel();
    await stored(calls.cancelled);

    pbx.onInvite = async (call) => {
      await call.answer(sdp({ address: '127.0.0.3', port: 40_000 }));
      await call.bye();
    };
    calls.inbound = place(pstn, '+15550100', '+442079460123');
    await calls.inbound.ended();
    await stored(calls.inbound);

    calls.refused = place(stranger, 'sip:+442079460004@acme.pstn.example.com', '+15550100');
    await calls.refused.response(403);
    await stored(calls.refused);
    await up.expectIdle();
  };

  it('lists the calls, the newest first', async () => {
    const { exitCode, stdout, stderr } = await up.run('calls');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const [headings, ...rows] = cellsOf(stdout);
    expect(headings).toEqual(HEADINGS);
    expect(rows.map((row) => row.slice(2))).toEqual([
      [
        'termination',
        'acme/acme',
        '+15550100',
        '+442079460004',
        '0',
        'failed',
        '403',
        'source-address-denied',
      ],
      ['origination', 'acme/acme', '+442079460123', '+15550100', '0', 'completed', '200', 'answered'],
      ['termination', 'acme/acme', '+15550100', '+442079460003', '0', 'canceled', '487', 'caller-cancelled'],
      ['termination', 'acme/acme', '+15550100', '+442079460002', '0', 'busy', '486', 'final-answer'],
      ['termination', 'acme/acme', '+15550100', '+442079460001', '0', 'completed', '200', 'answered'],
    ]);
    for (const [time, sid] of rows) {
      expect(time).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
      expect(sid).toMatch(/^CA[0-9a-f]{10}$/);
    }
  }, 30_000);

  type Name = keyof typeof calls;
  it.each<[flags: string[], expected: Name[]]>([
    [[], ['refused', 'inbound', 'cancelled', 'busy', 'answered']],
    [
      ['--limit', '2'],
      ['refused', 'inbound'],
    ],
    [['--direction', 'origination'], ['inbound']],
    [
      ['--status', 'completed'],
      ['inbound', 'answered'],
    ],
    [['--status', '486'], ['busy']],
    [['--outcome', 'caller-cancelled'], ['cancelled']],
    [['--number', '+442079460002'], ['busy']],
    [['--number', '442079460123'], ['inbound']],
    [
      ['--trunk', 'acme'],
      ['refused', 'inbound', 'cancelled', 'busy', 'answered'],
    ],
    [['--trunk', 'acme/acme', '--status', 'canceled'], ['cancelled']],
    [['--trunk', 'globex'], []],
    [
      ['--since', '1h', '--direction', 'termination'],
      ['refused', 'cancelled', 'busy', 'answered'],
    ],
    [['--since', '2099-01-01T00:00:00Z'], []],
  ])('calls --json %j', async (flags, expected) => {
    const { exitCode, stdout, stderr } = await up.run('calls', '--json', ...flags);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const found = (JSON.parse(stdout) as { callId: string }[]).map(({ callId }) => callId);
    expect(found).toEqual(expected.map((name) => calls[name].callId));
  });

  it('says where there are none', async () => {
    expect(await up.run('calls', '--number', '+15550199')).toEqual({
      exitCode: 0,
      stdout: 'no calls\n',
      stderr: '',
    });
  });

  it('shows checks, attempts and messages of one call', async () => {
    const { sid } = await stored(calls.answered);
    const { exitCode, stdout, stderr } = await up.run('calls', sid.slice(0, 12));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const part = (title: string) => stdout.split(`\n${title}\n`)[1]?.split('\n\n')[0] ?? '';
    expect(stdout).toContain(`Call       ${sid}\n`);
    expect(stdout).toContain(`Call-ID    ${calls.answered.callId}\n`);
    expect(stdout).toContain(`Source     127.0.0.3 port ${pbx.port} udp, edge local\n`);
    expect(stdout).toMatch(/^Ended {6}\S+Z, by caller$/m);
    expect(stdout).toContain('Result     completed, SIP 200, answered\n');
    expect(part('Checks')).toMatch(
      /^ +pass +who-is-calling +acme\.pstn\.example\.com is a termination domain/,
    );
    expect(part('Checks')).toMatch(/^ +pass +source-address +127\.0\.0\.3 is in 127\.0\.0\.3\/32/m);
    expect(part('Attempts')).toMatch(/^ +1 +carrier\/spare\/127\.0\.0\.2:9 .+ next +after \d\.\d{3} s$/m);
    expect(part('Attempts')).toMatch(/^ +2 +carrier\/spare\/127\.0\.0\.2:\d+ +200 OK +answered +after/m);
    expect(part('Media')).toMatch(/node 127\.0\.0\.1:\d+: 0 packets from the caller, 0 from the callee/);
    const ladder = stdout.slice(stdout.indexOf('Messages'));
    const caller = ['INVITE sip:', '180 Ringing', '200 OK', 'ACK', 'BYE'];
    const at = caller.map((summary) => ladder.indexOf(summary));
    expect(at).toEqual(at.toSorted((one, other) => one - other));
    expect(at).not.toContain(-1);
    expect(ladder).toMatch(/caller +trunkline +callee1 +callee2/);
    const ascii = await up.run('calls', sid, '--ascii');
    expect(ascii.stdout.slice(ascii.stdout.indexOf('Messages'))).toMatch(/^[\n\x20-\x7e]+$/);
  }, 30_000);

  it('shows why a call was refused, and gives the record as JSON', async () => {
    const record = await stored(calls.refused);
    const shown = await up.run('calls', calls.refused.callId);
    expect(shown.stdout).toMatch(
      /^ +fail +source-address +127\.0\.0\.66 is in none of the access lists acme\/acme-acl$/m,
    );
    expect(shown.stdout).toContain('Result     failed, SIP 403, source-address-denied\n');
    expect(shown.stdout).not.toMatch(/undefined|Attempts|Media/);
    const json = await up.run('calls', record.sid, '--json');
    expect(JSON.parse(json.stdout)).toEqual(JSON.parse(JSON.stringify(record)));
  }, 30_000);

  it.each<[id: string, says: RegExp]>([
    [
      'CAffffffffffffffffffffffffffffffff',
      /^trunkline calls: no call "CAf{32}": give a SID, at least 4 digits of one, or a Call-ID\n$/,
    ],
    ['no-such-call@192.0.2.1', /^trunkline calls: no call "no-such-call@192\.0\.2\.1": .+\n$/],
    ['CA', /^trunkline calls: no call "CA": .+\n$/],
  ])('has exit code 1 for %s', async (id, says) => {
    const { exitCode, stdout, stderr } = await up.run('calls', id);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(says);
  });

  it('still tells of the calls when trunkline up has ended', async () => {
    const ended = await startTrunkline({ manifests: trunk('acme', { acl: ['127.0.0.3/32'] }) });
    try {
      const call = stranger.invite({
        to: 'sip:+442079460004@acme.pstn.example.com',
        from: '+15550100',
        proxy: ended.sip,
      });
      await call.response(403);
      await ended.record(call.callId);
      process.kill(ended.pids.trunkline ?? 0, 'SIGINT');
      await eventually('its end', () => !existsSync(`/proc/${ended.pids.trunkline}`));
      const { stdout } = await ended.run('calls', '--json');
      expect(JSON.parse(stdout)).toEqual([expect.objectContaining({ callId: call.callId, sipStatus: 403 })]);
    } finally {
      await ended.stop();
    }
  }, 90_000);
});

/** One readable line: no stack trace, no list of flags. */
const ONE_LINE = /^trunkline[^\n]*[^\n ]\n$/;

describe('the other commands', () => {
  const run = (...argv: string[]) => runTrunkline(argv, { cwd: root });

  it('trunks: lists the trunks of a directory', async () => {
    const { exitCode, stdout, stderr } = await run('trunks', '-f', 'examples/acme');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(cellsOf(stdout)).toEqual([
      ['TRUNK', 'DOMAIN', 'NUMBERS', 'ORIGINATION', 'ACCEPTED', 'REFS'],
      ['acme/acme', 'acme.pstn.example.com', '+15550100', 'sip:127.0.0.3:5070', 'yes', 'yes'],
    ]);
    const json = await run('trunks', '-f', 'examples/acme', '--json', '--base-domain', 'voice.example');
    expect(JSON.parse(json.stdout)).toEqual([
      expect.objectContaining({
        trunk: 'acme/acme',
        domain: 'acme.pstn.voice.example',
        numbers: ['+15550100'],
      }),
    ]);
  });

  it('trunks: says what is wrong with one', async () => {
    const { exitCode, stdout } = await run('trunks', '-f', 'e2e/fixtures/bad/ref-domain-twice.yaml');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^acme\/second +- .* DomainTaken /m);
    expect(stdout).toMatch(
      /^acme\/second: DomainTaken: .+ already belongs to the older trunk acme\/first\. Choose/m,
    );
  });

  it.each([
    ['100', '10 Mbit/s in each direction (100 × 100 kbit/s)'],
    ['1', '100 kbit/s in each direction (1 × 100 kbit/s)'],
    ['25000', '2.5 Gbit/s in each direction (25000 × 100 kbit/s)'],
  ])('bandwidth --calls %s', async (calls, line) => {
    expect(await run('bandwidth', '--calls', calls)).toEqual({
      exitCode: 0,
      stdout: `${line}\n`,
      stderr: '',
    });
  });

  const COMMANDS = ['up', 'check', 'explain', 'calls', 'trunks', 'bandwidth', 'usage', 'dns', 'version'];

  it.each([[[]], [['help']], [['--help']]])('lists every command on %j', async (argv) => {
    const { exitCode, stdout, stderr } = await run(...argv);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect([...stdout.matchAll(/^ {2}trunkline (\w+) {2,}\S/gm)].map(([, name]) => name)).toEqual(COMMANDS);
  });

  it.each(COMMANDS)('help %s says what the flag --help says', async (name) => {
    const [help, flag] = [await run('help', name), await run(name, '--help')];
    expect(help).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(`^trunkline ${name}: .+\n\n`),
      stderr: '',
    });
    expect(flag).toEqual(help);
  });

  it('version: names itself and Node', async () => {
    const { stdout } = await run('version');
    expect(stdout).toMatch(/^trunkline \d+\.\d+\.\d+ \(Node 24\.\d+\.\d+\)\n$/);
    expect((await run('--version')).stdout).toBe(stdout);
  });

  it.each<[argv: string[], says: RegExp]>([
    [['chek'], /unknown command "chek", did you mean check\?/],
    [['frobnicate'], /unknown command "frobnicate", see `trunkline help`/],
    [['help', 'frobnicate'], /unknown command "frobnicate"/],
    [['constructor'], /unknown command "constructor"/],
    [['check', '--file'], /-f, --file <value>' argument missing/],
    [['check', 'examples'], /unexpected argument "examples"/],
    [['trunks'], /-f is missing: name the directory of manifests/],
    [['trunks', '-f', 'examples', '--jsn'], /unknown flag --jsn, did you mean --json\?/],
    [['bandwidth'], /--calls is missing/],
    [['bandwidth', '--calls', 'many'], /--calls "many" is not a whole number from 1 to/],
    [['bandwidth', '--calls', '-1'], /--calls "-1" is not a whole number from 1 to/],
    [['calls', '--colour'], /unknown flag --colour/],
    [['calls', '--limit', 'ten'], /--limit "ten" is not a whole number from 1 to 10000/],
    [['calls', '--status', 'odd'], /--status "odd" is not known: use completed, busy/],
    [['calls', '--direction', 'up'], /--direction "up" is not known: use termination, origination/],
    [['calls', '--since', 'yesterday'], /--since "yesterday" is no time: use 90s, 30m/],
    [['calls', 'CA1234', 'CA5678'], /one call at a time: "CA5678" is too much/],
    [['explain', '-f', 'examples', '--from', '+15550100', '--source', '127.0.0.1'], /--to is missing/],
    [['explain', '-f', 'examples', '--to', '+15550100'], /--to "\+15550100" is not a SIP URI: write sip:/],
    [['explain', '--context', 'prod', '--to', 'sip:a@b'], /--from is missing/],
    [['up'], /-f is missing/],
    [['up', '-f', 'examples', '--sip', 'here'], /--sip "here" is not HOST:PORT: write 127\.0\.0\.1:5060/],
    [['up', '-f', 'examples', '--media-ports', '1'], /--media-ports "1" is not MIN-MAX: write 20000-20999/],
    [['up', '-f', 'examples', '--database', 'mysql://x'], /--database is not a PostgreSQL URL/],
    [
      ['up', '-f', 'examples', '--media', 'rtp://x'],
      /--media "rtp:\/\/x" is not an ng URL: write ng:\/\/HOST:PORT/,
    ],
    [['up', '-f', 'examples', '--engine', 'sip:x'], /--engine is not a drachtio URL/],
    [['usage'], /comes with the release/],
    [['dns'], /-f is missing/],
  ])('has exit code 2 and one line for %j', async (argv, says) => {
    const { exitCode, stdout, stderr } = await run(...argv);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(ONE_LINE);
    expect(stderr).toMatch(says);
  });

  it.each<[argv: string[], says: RegExp]>([
    [['calls', '--data', '/nonexistent'], /no call records in \/nonexistent: give --data as you gave it/],
    [['trunks', '-f', 'none'], /-f none cannot be read: there is no such directory/],
    [['up', '-f', 'none'], /-f none cannot be read: there is no such directory/],
  ])('has exit code 1 and one line for %j', async (argv, says) => {
    const { exitCode, stdout, stderr } = await run(...argv);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(ONE_LINE);
    expect(stderr).toMatch(says);
  });
});
