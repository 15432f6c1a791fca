// SPDX-License-Identifier: Apache-2.0
import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { fileURLToPath } from 'node:url';
import { formatHostPort } from '../address.ts';
import type { CertificateFiles } from './certificate.ts';
import type { DataFolder } from './data-folder.ts';
import type { UpOptions } from './options.ts';
import { addressIn, sipIn, type ReadyLine } from './ready-line.ts';
import type { ProgramSpec } from './supervised-program.ts';

/** Where our programs are; tests put others there. */
export interface ProgramScripts {
  engine: string;
  relay: string;
  proxy: string;
}

export const SCRIPTS: ProgramScripts = {
  engine: fileURLToPath(new URL('../../../sip-engine/src/main.ts', import.meta.url)),
  relay: fileURLToPath(new URL('../../../media-relay/src/relay-main.ts', import.meta.url)),
  proxy: fileURLToPath(new URL('../../../sip-proxy/src/main.ts', import.meta.url)),
};

/** Name under which the proxy acknowledges. */
export const PROXY_INSTANCE = 'up';

const ANY_PORT = '127.0.0.1:0';
/** drachtio's timer B in ms: the time without any response after which the next target is tried (DESIGN §4). */
const T1X64_MS = '4000';

export function engineSpec(
  options: UpOptions,
  data: DataFolder,
  certificate: CertificateFiles | undefined,
  script: string,
): ProgramSpec {
  return {
    name: 'sip-engine',
    script,
    args: (before) => [
      ...['--sip', sipIn(before).udp ?? formatHostPort(options.sip)],
      ...tlsArguments(options, certificate, sipIn(before).tls),
      ...['--admin', addressIn(before, 'admin') ?? ANY_PORT],
      ...['--secret-file', data.secretFile],
      ...['--t1x64', T1X64_MS],
      // What RFC 3261 says, also where drachtio-server falls short of it: target refresh, forked answers, large requests.
      ...['--parity', 'off'],
      ...['--metrics', addressIn(before, 'metrics') ?? ANY_PORT],
    ],
  };
}

function tlsArguments(
  { sips, tls }: UpOptions,
  certificate: CertificateFiles | undefined,
  before: string | undefined,
): string[] {
  if (sips === undefined || certificate === undefined) return [];
  const { cert, key } = certificate;
  return ['--sips', before ?? formatHostPort(sips), '--tls-cert', cert, '--tls-key', key, ...tls.passed];
}

export function relaySpec(options: UpOptions, script: string): ProgramSpec {
  return {
    name: 'media-relay',
    script,
    args: (before) => [
      ...['--ng', addressIn(before, 'ng') ?? ANY_PORT],
      ...['--address', mediaAddress(options.engine?.host ?? options.sip.host)],
      ...['--ports', options.mediaPorts],
      ...['--metrics', addressIn(before, 'metrics') ?? ANY_PORT],
    ],
  };
}

/** What the proxy must know of the others. */
export interface ProxySurroundings {
  engine: ReadyLine | undefined;
  relay: ReadyLine | undefined;
  spool: string;
  prepare: () => Promise<void>;
}

export function proxySpec(
  options: UpOptions,
  data: DataFolder,
  surroundings: ProxySurroundings,
  script: string,
): ProgramSpec {
  const { engine, relay, spool, prepare } = surroundings;
  return {
    name: 'sip-proxy',
    script,
    prepare,
    args: (before) => [
      ...['--engine', options.engine?.url ?? `drachtio://${addressIn(engine, 'admin') ?? ''}`],
      ...['--secret-file', data.secretFile],
      ...['--media', options.media ?? `ng://${addressIn(relay, 'ng') ?? ''}`],
      ...['--config', data.shards],
      ...['--spool', spool],
      ...['--edge', options.edge],
      ...['--instance', PROXY_INSTANCE],
      ...['--probe-interval', `${options.probeInterval}`],
      // Of an engine that is not ours nobody knows whether it bears them.
      ...['--reliable-provisionals', options.engine === undefined ? 'on' : 'off'],
      ...['--metrics', addressIn(before, 'metrics') ?? ANY_PORT],
    ],
  };
}

/**
 * The address that SDP names. Where SIP listens is where the phones are; for a wildcard or a remote engine it is the
 * first IPv4 address of this machine that is not loopback (the embedded relay has no IPv6).
 */
export function mediaAddress(sipHost: string): string {
  const host = sipHost === 'localhost' ? '127.0.0.1' : sipHost;
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const isOwn = own.some(({ address }) => address === host) || host.startsWith('127.');
  if (isIPv4(host) && isOwn) return host;
  return own.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}
