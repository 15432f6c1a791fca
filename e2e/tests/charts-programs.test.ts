// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSpool, openRecordStore } from '@trunkline/sip-proxy/records';
import { sampleRecord } from '../../sip-proxy/src/records/record.fixture.ts';
import { startWireServer } from '../../sip-proxy/src/records/wire-server.fixture.ts';
import { drachtioConfig } from '../../deploy/src/drachtio-config.ts';
import {
  carrier,
  eventually,
  freePort,
  mediaPortRange,
  ngCalls,
  ngRequest,
  requireProgram,
  sdp,
  SipPeer,
  startProgram,
  startRtpengine,
  startTrunkline,
  trunk,
  type Program,
} from '../src/index.ts';
import { REPOSITORY } from '../src/kube-commands.ts';

jest.setTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), 'tl-programs-'));
const image = join(folder, 'app');
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** One of the image's programs, or a script of it, to its end. */
const run = async (command: string, args: string[], env: NodeJS.ProcessEnv = {}) => {
  const program = startProgram({ command, args, cwd: folder, env });
  const exitCode = await program.exited;
  return { exitCode, said: program.stdout + program.stderr };
};
const node = (file: string, ...args: string[]) => run(process.execPath, [join(image, file), ...args]);

describe('programs of the image', () => {
  beforeAll(async () => {
    const bundling = await run(process.execPath, [join(REPOSITORY, 'deploy/src/bundle.ts'), '--out', image]);
    expect(bundling).toEqual({ exitCode: 0, said: '' });
  });

  it('are one file each, with nothing beside them to be installed', () => {
    expect(existsSync(join(image, 'node_modules'))).toBe(false);
    expect(readdirSync(image).filter((file) => file.endsWith('.js'))).toEqual([
      ...[
        'drain-proxy.js',
        'operator.js',
        'prepare-edge.js',
        'sip-proxy.js',
        'test-call.js',
        'write-records.js',
      ],
    ]);
  });

  it('are what the charts start', () => {
    const templates = ['trunkline/templates/deployment.yaml', 'trunkline-edge/templates/sip.yaml']
      .concat('trunkline-edge/templates/_helpers.tpl', 'trunkline-edge/templates/tests/call.yaml')
      .map((file) => readFileSync(join(REPOSITORY, 'charts', file), 'utf8'))
      .join('');
    const started = [...templates.matchAll(/\/app\/([\w/-]+\.js)/g)].map(([, file]) => file ?? '');
    expect(new Set(started).size).toBe(6);
    for (const file of started)
      expect({ file, there: existsSync(join(image, file)) }).toEqual({ file, there: true });
  });

  it.each([
    ['operator.js', [], 2, /--namespace is missing/],
    ['sip-proxy.js', [], 2, /--engine is missing/],
    ['cli/bin/trunkline.js', ['version'], 0, /^trunkline \d/],
    ['cli/bin/trunkline.js', ['check', '-f', join(REPOSITORY, 'examples/acme')], 0, /no problems/],
    ['prepare-edge.js', ['--from', 'dhcp'], 1, /expected value:ADDRESS/],
    ['test-call.js', [], 2, /--edge HOST:PORT/],
    ['write-records.js', [], 2, /--spool DIR/],
  ])('run: %s %j', async (file, args, exitCode, says) => {
    const ended = await node(file, ...args);
    expect(ended.said).toMatch(says);
    expect(ended.exitCode).toBe(exitCode);
  });

  describe('drain-proxy', () => {
    /** Drains for `ms` on the first SIGTERM, and ends at once on the second, as sip-proxy does. */
    const proxy = (ms: number): Promise<Program> => {
      const program = startProgram({
        command: process.execPath,
        args: [
          '-e',
          `let n = 0; process.on('SIGTERM', () => { n += 1; console.log('TERM ' + n); if (n > 1) process.exit(7);
           setTimeout(() => process.exit(0), ${ms}); }); setInterval(() => 0, 1000); console.log('ready');`,
        ],
      });
      return program.line((line) => (line === 'ready' ? program : undefined));
    };
    const drain = (pid: number, seconds: number) =>
      node('drain-proxy.js', '--pid', String(pid), '--seconds', String(seconds));

    it('ends with the proxy', async () => {
      const draining = await proxy(1_500);
      const { exitCode } = await drain(draining.pid, 600);
      expect(exitCode).toBe(0);
      expect(await draining.exited).toBe(0);
      expect(draining.stdout).toBe('ready\nTERM 1\n');
    });

    it('gives up in time for the second signal to have calls hung up', async () => {
      const busy = await proxy(600_000);
      expect((await drain(busy.pid, 1)).exitCode).toBe(0);
      // The kubelet's own.
      busy.signal('SIGTERM');
      expect(await busy.exited).toBe(7);
    });

    it('has nothing to do where there is no proxy any more', async () => {
      const gone = await proxy(0);
      await gone.stop('SIGKILL');
      expect((await drain(gone.pid, 600)).exitCode).toBe(0);
    });
  });

  describe('write-records', () => {
    const spoolOf = async (name: string) => {
      const dir = join(folder, name);
      const spool = createSpool({ dir, instance: 'a', log: { info: noop, warn: noop, error: noop } });
      spool.append(sampleRecord(1));
      await spool.close();
      return dir;
    };
    const noop = () => undefined;

    it('prints each record where there is no database', async () => {
      const spool = await spoolOf('spool-printed');
      const args = [join(image, 'write-records.js'), '--spool', spool, '--http', '127.0.0.1:0'];
      const writer = startProgram({ command: process.execPath, args });
      const line = await writer.line((text) => (text.startsWith('{"event":"call"') ? text : undefined));
      expect(JSON.parse(line)).toEqual({ event: 'call', ...sampleRecord(1) });
      expect(await writer.stop('SIGTERM', 30_000)).toBe(0);
      expect(readdirSync(spool)).toEqual([]);
    });

    it('is healthy while the database is away, and goes on where the Secret names another', async () => {
      const spool = await spoolOf('spool-stored');
      const url = join(folder, 'url');
      writeFileSync(url, `postgres://x:secret@127.0.0.1:${await freePort()}/x`);
      const port = await freePort();
      const args = [join(image, 'write-records.js'), '--spool', spool, '--database-file', url];
      const writer = startProgram({
        ...{ command: process.execPath, args: [...args, '--http', `127.0.0.1:${port}`] },
      });
      await eventually('an attempt', () => writer.stderr.includes('they stay in the spool'));
      expect(writer.stdout).toBe(`{"event":"ready","program":"write-records","http":"127.0.0.1:${port}"}\n`);
      expect(writer.stderr).not.toContain('x:secret');
      const page = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
      expect(await page('/readyz')).toContain('ok');
      expect(await page('/metrics')).toContain('trunkline_records_waiting_files 1');

      const database = await startWireServer();
      writeFileSync(url, database.url);
      await eventually('the record to be stored', () => readdirSync(spool).length === 0, {
        timeoutMs: 60_000,
      });
      const store = await openRecordStore({ url: database.url });
      expect(await store.list({})).toEqual([sampleRecord(1)]);
      await store.close();
      expect(await writer.stop('SIGTERM', 30_000)).toBe(0);
      await database.close();
    });

    it('ends in time where the database stays away', async () => {
      const spool = await spoolOf('spool-left');
      const args = [join(image, 'write-records.js'), '--spool', spool, '--database-file', '/nowhere'];
      const writer = startProgram({ command: process.execPath, args: [...args, '--http', '127.0.0.1:0'] });
      await eventually('an attempt', () => writer.stderr.includes('they stay in the spool'));
      expect(await writer.stop('SIGTERM', 25_000)).toBe(0);
      expect(readdirSync(spool)).toHaveLength(1);
    });
  });

  describe('test-call', () => {
    let edge: SipPeer;
    beforeAll(async () => {
      edge = await SipPeer.open({ address: '127.0.0.1', name: 'edge' });
    });
    afterAll(() => edge.close());
    const call = (...args: string[]) =>
      node('test-call.js', `--edge=127.0.0.1:${edge.port}`, '--address=127.0.0.1', '--seconds=20', ...args);

    it.each<[what: string, reason: string, args: string[], exitCode: number]>([
      ['a decision of the proxy', 'Trunkline;cause=unknown-domain;text="x"', [], 0],
      ['a refusal by something else', '', [], 1],
      ['a refusal where an answer is expected', 'Trunkline;cause=no-carrier', ['--expect=answered'], 1],
    ])('takes %s for what it is', async (_, reason, args, exitCode) => {
      edge.onInvite = async (incoming) => {
        await incoming.reject(404, reason === '' ? {} : { headers: { Reason: reason } });
      };
      const ended = await call('--to=sip:+442079460123@helm-test.invalid', ...args);
      expect(ended.said).toContain('was answered 404');
      expect(ended.exitCode).toBe(exitCode);
    });

    it('is answered, and hangs up', async () => {
      edge.onInvite = async (incoming) => {
        await incoming.answer(sdp({ address: '127.0.0.1', port: 40_002 }));
      };
      const ended = await call('--to=sip:+442079460123@acme.pstn.example.com', '--expect=answered');
      expect(ended).toMatchObject({ exitCode: 0, said: expect.stringMatching(/^ok: .* 200 OK/) });
      await edge.waitFor(({ method }) => method === 'BYE', 'BYE');
    });

    it('meets a real proxy', async () => {
      const up = await startTrunkline({
        manifests: [
          carrier('pstn', [{ host: '127.0.0.1', port: edge.port }]),
          ...trunk('acme', { acl: ['127.0.0.5/32'], numbers: ['+15550100'] }),
        ],
      });
      const place = (domain: string, ...args: string[]) =>
        node(
          'test-call.js',
          ...[`--edge=${up.sip.address}:${up.sip.port}`, '--address=127.0.0.5', '--seconds=20'],
          ...[`--to=sip:+442079460123@${domain}`, ...args],
        );
      try {
        expect((await place('helm-test.invalid')).said).toMatch(/^ok: .* 404 .*cause=unknown-domain/);
        expect((await place('acme.pstn.example.com', '--expect=answered')).said).toMatch(/^ok: .* 200 OK/);
      } finally {
        await up.stop();
      }
    });

    it('says that nobody answers', async () => {
      edge.onInvite = () => undefined;
      const ended = await call('--to=sip:+442079460123@helm-test.invalid', '--seconds=1');
      expect(ended).toMatchObject({ exitCode: 1, said: expect.stringMatching(/^FAILED: /) });
    });
  });
});

describe('the configuration of drachtio', () => {
  const settings = {
    admin: { port: 9022, secret: 's"<&' },
    local: '10.0.0.11',
    external: '198.51.100.4',
    ports: { sip: 5060, tls: 5061 },
    tlsDir: '/etc/trunkline/tls',
    localNet: '10.0.0.0/8',
  };

  it('has the admin port on loopback, the external address, TLS, and 4 s for a silent target', () => {
    const text = drachtioConfig(settings);
    expect(text).toContain('<admin port="9022" secret="s&quot;&lt;&amp;">127.0.0.1</admin>');
    expect(text).toContain(
      '<contact external-ip="198.51.100.4" local-net="10.0.0.0/8">sip:10.0.0.11:5060;transport=udp,tcp</contact>',
    );
    expect(text).toContain('>sips:10.0.0.11:5061;transport=tls</contact>');
    expect(text).toContain('<key-file>/etc/trunkline/tls/tls.key</key-file>');
    expect(text).toContain('<chain-file>/etc/trunkline/tls/tls.crt</chain-file>');
    expect(text).toContain('<min-tls-version>1.2</min-tls-version>');
    expect(drachtioConfig({ ...settings, tlsMinVersion: '1.0' })).toContain('<min-tls-version>1.0</');
    expect(text).toContain('<t1x64>4000</t1x64>');
  });

  it('names no external address where there is no other, and no TLS where there is none', () => {
    const text = drachtioConfig({ ...settings, external: settings.local, ports: { sip: 5070 } });
    expect(text).toContain('<contact>sip:10.0.0.11:5070;transport=udp,tcp</contact>');
    expect(text).not.toMatch(/tls|external-ip|local-net/);
  });
});

describe('the probe of drachtio', () => {
  const probe = (port: number) =>
    run('bash', [join(REPOSITORY, 'charts/trunkline-edge/files/ping-drachtio')], {
      SIP_ADDRESS: `127.0.0.1:${port}`,
    });

  it('is content with an answer to OPTIONS', async () => {
    const peer = await SipPeer.open({ address: '127.0.0.1' });
    expect(await probe(peer.port)).toEqual({ exitCode: 0, said: '' });
    const [request] = peer.received('OPTIONS');
    expect(request?.header('User-Agent')).toBe('trunkline-probe');
    expect(request?.header('CSeq')).toBe('1 OPTIONS');
    await peer.close();
  });

  it('fails where there is none', async () => {
    expect((await probe(await freePort())).exitCode).not.toBe(0);
  });
});

const rtp = requireProgram('rtpengine') ? describe : describe.skip;

rtp('scripts of the rtpengine image', () => {
  const scripts = join(REPOSITORY, 'deploy/images/rtpengine');
  const path = `${scripts}:${process.env.PATH ?? ''}`;
  const script = (name: string, env: NodeJS.ProcessEnv) =>
    run(join(scripts, name), [], { PATH: path, ...env });
  const offer = async (ng: { address: string; port: number }, callId: string) =>
    ngRequest(ng, {
      command: 'offer',
      'call-id': callId,
      'from-tag': 'a',
      sdp: sdp({ address: '127.0.0.1', port: 40_010 }),
    });

  it('start it with what the pod knows, ping it, and drain it', async () => {
    const [ngPort, cliPort] = [await freePort(), await freePort()];
    const { min, max } = mediaPortRange(40);
    const recordings = join(folder, 'recordings');
    mkdirSync(join(recordings, 'pcaps'), { recursive: true });
    writeFileSync(join(recordings, 'pcaps', 'old.pcap'), 'before the restart');
    writeFileSync(join(folder, 'external-address'), '198.51.100.4');
    const env = {
      ...{ PATH: path, LOCAL_ADDRESS: '127.0.0.1', EXTERNAL_ADDRESS_FILE: join(folder, 'external-address') },
      ...{ NG_ADDRESS: `127.0.0.1:${ngPort}`, CLI_ADDRESS: `127.0.0.1:${cliPort}`, RUNTIME_DIR: folder },
      ...{ PORT_MIN: String(min), PORT_MAX: String(max), MAX_SESSIONS: '10', RECORDING_DIR: recordings },
    };
    const ng = { address: '127.0.0.1', port: ngPort };
    const rtpengine = startProgram({ command: join(scripts, 'start-rtpengine'), args: [], env });
    try {
      await eventually('the ping', async () => (await script('ping-rtpengine', env)).exitCode === 0, {
        timeoutMs: 60_000,
      });
      // What was recorded before is kept from being overwritten.
      const [boot = ''] = readdirSync(join(recordings, 'recovered'));
      expect(readFileSync(join(recordings, 'recovered', boot, 'pcaps', 'old.pcap'), 'utf8')).toBe(
        'before the restart',
      );
      expect((await offer(ng, 'one'))?.sdp).toContain('c=IN IP4 198.51.100.4');
      expect(await ngCalls(ng)).toBe(1);

      const draining = startProgram({
        command: join(scripts, 'drain-rtpengine'),
        args: [],
        env: { ...env, DRAIN_EVERY: '0.2', DRAIN_LOG: join(folder, 'drain.log') },
      });
      await eventually('the drain to wait', async () =>
        existsSync(join(folder, 'drain.log')) ? true : undefined,
      );
      const refused = await ngRequest(ng, {
        ...{ command: 'offer', 'call-id': 'two', 'from-tag': 'a', supports: ['load limit'] },
        sdp: sdp({ address: '127.0.0.1', port: 40_012 }),
      });
      expect(refused).toMatchObject({ result: 'load limit' });
      expect(readFileSync(join(folder, 'drain.log'), 'utf8')).toContain('draining: 1 calls left');

      await ngRequest(ng, { command: 'delete', 'call-id': 'one', 'from-tag': 'a', 'delete-delay': 0 });
      expect(await draining.exited).toBe(0);
    } finally {
      await rtpengine.stop('SIGTERM');
    }
    expect((await script('ping-rtpengine', env)).exitCode).not.toBe(0);
  });

  it('end a drain in time where calls stay', async () => {
    const cliPort = await freePort();
    const rtpengine = await startRtpengine({ args: [`--listen-cli=127.0.0.1:${cliPort}`] });
    await offer(rtpengine.ng, 'stays');
    const began = Date.now();
    const { exitCode } = await script('drain-rtpengine', {
      ...{ CLI_ADDRESS: `127.0.0.1:${cliPort}`, DRAIN_SECONDS: '2', DRAIN_EVERY: '0.2' },
      DRAIN_LOG: join(folder, 'other.log'),
    });
    expect(exitCode).toBe(0);
    // Bash counts whole seconds, and the first may be short.
    expect(Date.now() - began).toBeGreaterThan(500);
    expect(await rtpengine.calls()).toBe(1);
    await rtpengine.stop();
  });
});
