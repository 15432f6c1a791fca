// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drachtioConfig, type TlsVersion } from '../../deploy/src/drachtio-config.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { startProgram } from './program.ts';
import type { Place } from './sip/index.ts';

export interface DrachtioOptions {
  /** Where SIP listens, on a port that is free. Default 127.0.0.1. */
  address?: string;
  tls?: {
    /** Folder with tls.crt and tls.key. */
    dir: string;
    minVersion?: TlsVersion;
  };
  /** More flags of drachtio. */
  args?: string[];
}

/** A real drachtio-server, from PATH, with the configuration that the chart gives it. */
export interface Drachtio {
  readonly admin: { host: string; port: number; secret: string };
  readonly sip: Place;
  readonly sips: Place | undefined;
  /** For `trunkline up --engine`. */
  readonly url: string;
  /** What it has logged. */
  log(): string;
  stop(): Promise<void>;
}

const SECRET = 'parity';

export const startDrachtio = async (options: DrachtioOptions = {}): Promise<Drachtio> => {
  const { address = '127.0.0.1', tls, args = [] } = options;
  const folder = mkdtempSync(join(tmpdir(), 'tl-drachtio-'));
  const admin = { host: '127.0.0.1', port: await freePort(), secret: SECRET };
  const ports = { sip: await freePort(address), ...(tls && { tls: await freePort(address) }) };
  const file = join(folder, 'drachtio.conf.xml');
  const tlsSettings = { tlsDir: tls?.dir, tlsMinVersion: tls?.minVersion };
  const config = drachtioConfig({ admin, local: address, external: address, ports, ...tlsSettings });
  writeFileSync(file, config, { mode: 0o600 });
  const program = startProgram({ command: 'drachtio', args: ['-f', file, ...args], cwd: folder });
  const log = () => `${program.stdout}\n${program.stderr}`;
  const stop = async () => {
    await program.stop('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  };
  const ended = program.exited.then((code) => {
    throw new Error(`drachtio ended with ${code}`);
  });
  try {
    const up = eventually('drachtio to listen', () => reachable(admin), { timeoutMs: 30_000 });
    await Promise.race([up, ended]);
  } catch (error) {
    await stop();
    throw new Error(`${(error as Error).message}; it said:\n${log()}`, { cause: error });
  }
  ended.catch(() => undefined);
  return {
    admin,
    sip: { address, port: ports.sip },
    sips: ports.tls === undefined ? undefined : { address, port: ports.tls },
    url: `drachtio://${admin.host}:${admin.port}?secret=${SECRET}`,
    log,
    stop,
  };
};

/** Whether somebody listens there now. */
const reachable = ({ host, port }: { host: string; port: number }): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
