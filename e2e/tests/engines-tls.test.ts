// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type SecureVersion } from 'node:tls';
import { fileURLToPath } from 'node:url';
import type { TlsVersion } from '../../deploy/src/drachtio-config.ts';
import { startDrachtio } from '../src/drachtio.ts';
import {
  createTlsMaterial,
  isInstalled,
  SipPeer,
  startProgram,
  type Place,
  type TlsMaterial,
} from '../src/index.ts';

interface Settings {
  minVersion?: TlsVersion;
  ciphers?: string;
}

interface TlsEngine {
  sips: Place;
  stop(): Promise<unknown>;
}

const SIP_ENGINE = fileURLToPath(new URL('../../sip-engine/src/main.ts', import.meta.url));
const ALL: SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
const GCM_256 = 'ECDHE-ECDSA-AES256-GCM-SHA384';
const GCM_128 = 'ECDHE-ECDSA-AES128-GCM-SHA256';

let material: TlsMaterial;
let folder: string;
const file = (name: string): string => join(folder, name);

const startSipEngine = async ({ minVersion, ciphers }: Settings): Promise<TlsEngine> => {
  const program = startProgram({
    command: process.execPath,
    args: [
      ...['--disable-warning=ExperimentalWarning', SIP_ENGINE, '--sip', '127.0.0.1:0'],
      ...['--admin', '127.0.0.1:0', '--secret', 'tls', '--sips', '127.0.0.1:0'],
      ...['--tls-cert', file('tls.crt'), '--tls-key', file('tls.key'), '--log-level', 'warn'],
      ...(minVersion ? ['--tls-min-version', minVersion] : []),
      ...(ciphers ? ['--tls-ciphers', ciphers] : []),
    ],
    env: { TRUNKLINE_CHILD: '1' },
  });
  const port = await program.line((line) =>
    line.startsWith('{')
      ? (JSON.parse(line) as { sip: { protocol: string; port: number }[] }).sip.find(
          ({ protocol }) => protocol === 'tls',
        )?.port
      : undefined,
  );
  return { sips: { address: '127.0.0.1', port }, stop: () => program.stop() };
};

/** With the arguments that the chart gives it. */
const startReal = async ({ minVersion, ciphers }: Settings): Promise<TlsEngine> => {
  const list = ciphers ?? (minVersion ? 'DEFAULT@SECLEVEL=0' : undefined);
  const drachtio = await startDrachtio({
    tls: { dir: folder, ...(minVersion && { minVersion }) },
    args: list === undefined ? [] : [`--tls-cipherlist=${list}`],
  });
  return { sips: drachtio.sips as Place, stop: () => drachtio.stop() };
};

/** The cipher of a connection, or undefined where there is none. */
const dial = async ({ address, port }: Place, version: SecureVersion, ciphers = 'DEFAULT:@SECLEVEL=0') => {
  const socket = connect({
    ...{ host: address, port, ca: material.authority.cert, ciphers },
    ...{ minVersion: version, maxVersion: version },
  });
  const refused = once(socket, 'error').then(() => undefined);
  const cipher = await Promise.race([
    once(socket, 'secureConnect').then(() => socket.getCipher().name),
    refused,
  ]);
  socket.destroy();
  return cipher;
};

const accepted = async ({ sips }: TlsEngine): Promise<SecureVersion[]> => {
  const found = await Promise.all(
    ALL.map(async (version) => ({ version, cipher: await dial(sips, version) })),
  );
  return found.filter(({ cipher }) => cipher !== undefined).map(({ version }) => version);
};

/** What both engines take from those who come over TLS: sip-engine's flags, and the configuration of drachtio that we ship. */
describe.each([
  { name: 'sip-engine', start: startSipEngine },
  ...(isInstalled('drachtio') ? [{ name: 'drachtio-server', start: startReal }] : []),
])('TLS of $name', ({ start }) => {
  let engine: TlsEngine;

  beforeAll(async () => {
    material = await createTlsMaterial();
    folder = mkdtempSync(join(tmpdir(), 'tl-engines-'));
    const written = material.write('server', await material.authority.issue({ names: ['127.0.0.1'] }));
    copyFileSync(written.cert, file('tls.crt'));
    copyFileSync(written.key, file('tls.key'));
    engine = await start({});
  }, 60_000);

  afterAll(async () => {
    await engine.stop();
    material.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** One with other settings, for one test. */
  const having = async (settings: Settings, check: (other: TlsEngine) => Promise<void>): Promise<void> => {
    const other = await start(settings);
    await check(other).finally(() => other.stop());
  };

  it('is 1.2 or newer', async () => {
    expect(await accepted(engine)).toEqual(['TLSv1.2', 'TLSv1.3']);
  }, 60_000);

  it('is older where that is set', async () => {
    await having({ minVersion: '1.0' }, async (old) => {
      expect(await accepted(old)).toEqual(ALL);
    });
    await having({ minVersion: '1.1' }, async (old) => {
      expect(await accepted(old)).toEqual(ALL.slice(1));
    });
  }, 60_000);

  it('has the ciphers that are set', async () => {
    await having({ ciphers: GCM_256 }, async ({ sips }) => {
      expect(await dial(sips, 'TLSv1.2', GCM_128)).toBeUndefined();
      expect(await dial(sips, 'TLSv1.2')).toBe(GCM_256);
    });
    expect(await dial(engine.sips, 'TLSv1.2', GCM_128)).toBe(GCM_128);
  }, 60_000);

  it('carries SIP', async () => {
    const peer = await SipPeer.open({
      ...{ address: '127.0.0.1', name: 'pbx', transport: 'tls', proxy: engine.sips },
      tls: await material.peer({ names: ['127.0.0.1'] }),
    });
    // Nobody is there to take it.
    const answer = await peer.request({ method: 'OPTIONS', uri: 'sip:127.0.0.1' });
    expect(answer.status).toBe(503);
    await peer.close();
  }, 30_000);
});
