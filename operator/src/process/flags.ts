// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

export interface OperatorFlags {
  /** Its own: shards and leases are there. */
  namespace: string;
  /** Whose resources count; undefined: all namespaces. */
  watchNamespaces: string[] | undefined;
  baseDomain: string;
  unknownDomain: 'reject' | 'drop';
  leaderElect: boolean;
  leaseName: string;
  http: { host: string; port: number };
  /** Undefined: as kubectl finds it, in a pod its service account. */
  kubeconfig: string | undefined;
  logLevel: string;
}

/** A flag that is missing or wrong; the message is one readable line. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
}

export const USAGE =
  'operator --base-domain DOMAIN [--namespace NS] [--watch-namespaces NS,NS] [--unknown-domain reject|drop] [--leader-elect] [--lease-name NAME] [--http HOST:PORT] [--kubeconfig FILE] [--log-level LEVEL]';

const POD_NAMESPACE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const DOMAIN = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

const OPTIONS = {
  namespace: { type: 'string' },
  'watch-namespaces': { type: 'string' },
  'base-domain': { type: 'string' },
  'unknown-domain': { type: 'string' },
  'leader-elect': { type: 'boolean' },
  'lease-name': { type: 'string' },
  http: { type: 'string' },
  kubeconfig: { type: 'string' },
  'log-level': { type: 'string' },
} as const;

/**
 * The flags, checked. `podNamespace` is the file that says in a pod which namespace it is in.
 * @throws FlagError
 */
export function readFlags(args: readonly string[], podNamespace = POD_NAMESPACE): OperatorFlags {
  const values = parse(args);
  return {
    namespace: checked('namespace', values.namespace ?? ownNamespace(podNamespace), LABEL),
    watchNamespaces: values['watch-namespaces']
      ?.split(',')
      .map((name) => checked('watch-namespaces', name.trim(), LABEL)),
    baseDomain: checked('base-domain', values['base-domain'], DOMAIN),
    unknownDomain: oneOf('unknown-domain', values['unknown-domain'] ?? 'reject', ['reject', 'drop']),
    leaderElect: values['leader-elect'] ?? false,
    leaseName: checked('lease-name', values['lease-name'] ?? 'trunkline-operator', /^[a-z0-9][a-z0-9.-]*$/),
    http: hostPort('http', values.http ?? '127.0.0.1:9465'),
    kubeconfig: values.kubeconfig,
    logLevel: oneOf('log-level', values['log-level'] ?? 'info', LEVELS),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  } catch (error) {
    throw new FlagError(error instanceof Error ? error.message : String(error));
  }
}

function ownNamespace(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function checked(name: string, value: string | undefined, form: RegExp): string {
  if (value === undefined || value === '') throw new FlagError(`--${name} is missing; usage: ${USAGE}`);
  if (!form.test(value)) throw new FlagError(`--${name} ${value}: not a name of the right form`);
  return value;
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw new FlagError(`--${name} ${value}: expected ${allowed.join(', ')}`);
  return found;
}

function hostPort(name: string, text: string): { host: string; port: number } {
  const found = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/i.exec(text);
  const port = Number(found?.[3]);
  const host = found?.[1] ?? found?.[2];
  if (host === undefined || !(port <= 65535)) throw new FlagError(`--${name} ${text}: expected HOST:PORT`);
  return { host, port };
}
