// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { EngineOptions, HostPort } from './start-engine.ts';
import type { TlsOptions } from './transport/tls-identity.ts';

/** A flag that is wrong or missing: the program ends with exit code 2. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

const options = {
  /** UDP and TCP on one port; may be repeated. */
  sip: { type: 'string', multiple: true },
  /** TLS; may be repeated. */
  sips: { type: 'string', multiple: true },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  'tls-min-version': { type: 'string' },
  'tls-ciphers': { type: 'string' },
  /** Peers that call us must show a certificate of these authorities. */
  'tls-client-ca': { type: 'string' },
  /** Authorities of the peers that we call; default: the system's. */
  'tls-ca': { type: 'string' },
  'tls-verify': { type: 'string' },
  admin: { type: 'string' },
  secret: { type: 'string' },
  'secret-file': { type: 'string' },
  /** Milliseconds. */
  t1: { type: 'string' },
  /** Milliseconds: timers B, F, H and the wait for an ACK. */
  t1x64: { type: 'string' },
  /** Messages per second of a source that calls have gone through with; strangers have a twentieth; 0: no limit. */
  'max-rate': { type: 'string' },
  /** TCP and TLS connections of one source to a listener. */
  'max-connections': { type: 'string' },
  parity: { type: 'string' },
  metrics: { type: 'string' },
  'log-level': { type: 'string' },
} as const;

/** @throws FlagError naming the flag, the value and what is expected */
export function parseFlags(args: string[]): Omit<EngineOptions, 'log'> & { logLevel: string } {
  const values = read(args);
  const timers = { ...milliseconds('t1', values.t1), ...milliseconds('t1x64', values.t1x64) };
  return {
    sip: (values.sip ?? ['127.0.0.1:5060']).map((text) => hostPort('sip', text)),
    ...(values.sips && { sips: values.sips.map((text) => hostPort('sips', text)) }),
    ...tlsOf(values),
    admin: hostPort('admin', values.admin ?? '127.0.0.1:9022'),
    secret: secretOf(values.secret, values['secret-file']),
    timers,
    maxima: {
      ...whole('max-rate', 'rate', values['max-rate']),
      ...whole('max-connections', 'perSource', values['max-connections']),
    },
    parity: oneOf('parity', values.parity ?? 'on', ['on', 'off']) === 'on',
    ...(values.metrics !== undefined && { metrics: hostPort('metrics', values.metrics) }),
    logLevel: oneOf('log-level', values['log-level'] ?? 'info', LEVELS),
  };
}

function read(args: string[]) {
  try {
    return parseArgs({ args, options, allowPositionals: false }).values;
  } catch (error) {
    throw new FlagError(error instanceof Error ? error.message : String(error));
  }
}

type Values = ReturnType<typeof read>;

const TLS_VERSIONS = { '1.0': 'TLSv1', '1.1': 'TLSv1.1', '1.2': 'TLSv1.2', '1.3': 'TLSv1.3' } as const;

function tlsOf(values: Values): { tls?: TlsOptions } {
  const { 'tls-cert': certFile, 'tls-key': keyFile } = values;
  if (certFile === undefined || keyFile === undefined) {
    if (values.sips === undefined && certFile === keyFile) return {};
    throw new FlagError('--sips needs a certificate: give --tls-cert FILE and --tls-key FILE, in PEM form');
  }
  const version = oneOf('tls-min-version', values['tls-min-version'] ?? '1.2', Object.keys(TLS_VERSIONS));
  const { 'tls-ciphers': ciphers, 'tls-client-ca': clientCaFile, 'tls-ca': caFile } = values;
  return {
    tls: {
      certFile,
      keyFile,
      minVersion: TLS_VERSIONS[version as keyof typeof TLS_VERSIONS],
      verify: oneOf('tls-verify', values['tls-verify'] ?? 'on', ['on', 'off']) === 'on',
      ...(ciphers !== undefined && { ciphers }),
      ...(clientCaFile !== undefined && { clientCaFile }),
      ...(caFile !== undefined && { caFile }),
    },
  };
}

function hostPort(flag: string, text: string): HostPort {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new FlagError(`--${flag} ${JSON.stringify(text)} is not HOST:PORT, as in 127.0.0.1:5060`);
  }
  return { host: match[1] ?? match[2] ?? '', port };
}

function milliseconds<K extends string>(flag: K, text: string | undefined): Partial<Record<K, number>> {
  if (text === undefined) return {};
  if (!/^[1-9]\d{0,6}$/.test(text)) {
    throw new FlagError(
      `--${flag} ${JSON.stringify(text)} is not a number of milliseconds from 1 to 9999999`,
    );
  }
  return { [flag]: Number(text) } as Partial<Record<K, number>>;
}

function whole<K extends string>(flag: string, key: K, text: string | undefined): Partial<Record<K, number>> {
  if (text === undefined) return {};
  if (!/^\d{1,7}$/.test(text)) {
    throw new FlagError(`--${flag} ${JSON.stringify(text)} is not a whole number from 0 to 9999999`);
  }
  return { [key]: Number(text) } as Partial<Record<K, number>>;
}

function oneOf(flag: string, text: string, allowed: string[]): string {
  if (allowed.includes(text)) return text;
  throw new FlagError(`--${flag} ${JSON.stringify(text)} is not one of ${allowed.join(', ')}`);
}

function secretOf(secret: string | undefined, file: string | undefined): string {
  if ((secret === undefined) === (file === undefined)) {
    throw new FlagError(
      'give the shared secret by --secret-file FILE or by --secret TEXT, and by one of them only',
    );
  }
  const text = secret ?? readSecret(file ?? '');
  if (text !== '' && !/[|\r\n]/.test(text)) return text;
  throw new FlagError('the secret is empty, or holds "|" or a line break, which frames cannot carry');
}

function readSecret(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new FlagError(
      `--secret-file ${JSON.stringify(file)} cannot be read: ${error instanceof Error ? error.message : ''}`,
    );
  }
}
