// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';

export interface HostPort {
  host: string;
  port: number;
}

export interface ProxyFlags {
  engine: HostPort & { secret: string };
  /** `host:port` or `ng://host:port`. */
  media: string[];
  /** Shard directory, or `k8s:NAMESPACE`. */
  config: string;
  /** With `k8s:`: where the last good configuration is kept. */
  configCache: string | undefined;
  /** With `k8s:`; undefined: as kubectl finds it, in a pod its service account. */
  kubeconfig: string | undefined;
  spool: string;
  edge: string;
  instance: string;
  /** The engine sends provisional answers reliably where a caller requires it (RFC 3262). */
  reliableProvisionals: boolean;
  metrics: HostPort;
  /** One round of OPTIONS over all targets, in milliseconds; 0: none are sent. */
  probeIntervalMs: number;
}

/** A flag that is missing or wrong; the message is one readable line. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
}

export const USAGE =
  'sip-proxy --engine drachtio://HOST:PORT --secret-file FILE --media ng://HOST:PORT[,..] --config DIR|k8s:NAMESPACE --spool DIR [--config-cache DIR] [--kubeconfig FILE] [--edge NAME] [--instance NAME] [--metrics HOST:PORT] [--probe-interval SECONDS] [--reliable-provisionals on|off]';

/**
 * Flags of ARCHITECTURE.md, checked.
 * @throws FlagError
 */
export const readFlags = (args: readonly string[]): ProxyFlags => {
  const values = parse(args);
  const engine = engineOf(required(values, 'engine'), values['secret-file']);
  const instance = values.instance ?? hostname();
  if (!/^[\w.-]{1,64}$/.test(instance)) {
    throw new FlagError(
      `--instance ${instance}: use letters, digits, dots, dashes and underscores, at most 64`,
    );
  }
  const edge = values.edge ?? 'local';
  const config = required(values, 'config');
  if (config.startsWith('k8s:')) checkNames({ namespace: config.slice('k8s:'.length), instance, edge });
  return {
    engine,
    media: required(values, 'media')
      .split(',')
      .map((node) => node.trim()),
    config,
    configCache: values['config-cache'],
    kubeconfig: values.kubeconfig,
    spool: required(values, 'spool'),
    edge,
    instance,
    metrics: hostPort('metrics', values.metrics ?? '127.0.0.1:0'),
    reliableProvisionals: onOrOff('reliable-provisionals', values['reliable-provisionals'] ?? 'off'),
    probeIntervalMs: probeInterval(values['probe-interval'] ?? '30'),
  };
};

type Values = Partial<Record<keyof typeof OPTIONS, string>>;

const OPTIONS = {
  engine: { type: 'string' },
  'secret-file': { type: 'string' },
  media: { type: 'string' },
  config: { type: 'string' },
  'config-cache': { type: 'string' },
  kubeconfig: { type: 'string' },
  spool: { type: 'string' },
  edge: { type: 'string' },
  instance: { type: 'string' },
  metrics: { type: 'string' },
  'probe-interval': { type: 'string' },
  'reliable-provisionals': { type: 'string' },
} as const;

const parse = (args: readonly string[]): Values => {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  } catch (error) {
    throw new FlagError(error instanceof Error ? error.message : String(error));
  }
};

const required = (values: Values, name: keyof Values): string => {
  const value = values[name];
  if (value === undefined || value === '') throw new FlagError(`--${name} is missing; usage: ${USAGE}`);
  return value;
};

const onOrOff = (name: string, value: string): boolean => {
  if (value !== 'on' && value !== 'off') throw new FlagError(`--${name} ${value}: write on or off`);
  return value === 'on';
};

/** They become names and labels of Kubernetes objects. */
const checkNames = (names: { namespace: string; instance: string; edge: string }): void => {
  const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
  const subdomain = /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/;
  if (!label.test(names.namespace)) throw new FlagError('--config k8s:NAMESPACE: expected a namespace');
  if (!subdomain.test(names.instance))
    throw new FlagError(`--instance ${names.instance}: a Lease is named after it: a-z, 0-9, dots and dashes`);
  if (!label.test(names.edge))
    throw new FlagError(`--edge ${names.edge}: expected the name of an Edge: a-z, 0-9 and dashes`);
};

const engineOf = (text: string, secretFile: string | undefined): ProxyFlags['engine'] => {
  const url = URL.parse(text);
  if (url?.protocol !== 'drachtio:' || url.hostname === '') {
    throw new FlagError(`--engine ${text.replace(/\?.*$/, '')}: expected drachtio://HOST:PORT`);
  }
  const secret = secretFile === undefined ? url.searchParams.get('secret') : readSecret(secretFile);
  if (!secret)
    throw new FlagError('--secret-file is missing: the engine takes no application without its secret');
  // The engine's frames are cut at `|` and line ends.
  if (/[|\r\n]/.test(secret)) throw new FlagError('the engine secret must not contain "|" or line ends');
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 9022 : Number(url.port),
    secret,
  };
};

const readSecret = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new FlagError(`--secret-file ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const hostPort = (name: string, text: string): HostPort => {
  const found = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/i.exec(text);
  const port = Number(found?.[3]);
  const host = found?.[1] ?? found?.[2];
  if (host === undefined || !(port <= 65535)) throw new FlagError(`--${name} ${text}: expected HOST:PORT`);
  return { host, port };
};

const probeInterval = (text: string): number => {
  const seconds = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && seconds <= 3_600) return seconds * 1_000;
  throw new FlagError(`--probe-interval ${text}: expected seconds, 0 to 3600; 0 sends no OPTIONS`);
};
