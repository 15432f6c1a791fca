// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FlagError, readFlags } from './flags.ts';

let folder: string;
let podNamespace: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'flags-'));
  podNamespace = join(folder, 'namespace');
  writeFileSync(podNamespace, 'trunkline\n');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const read = (...args: string[]) => readFlags(args, podNamespace);

describe('flags', () => {
  it('have the pod’s namespace and the contract’s defaults', () => {
    expect(read('--base-domain', 'example.com')).toEqual({
      namespace: 'trunkline',
      watchNamespaces: undefined,
      baseDomain: 'example.com',
      unknownDomain: 'reject',
      leaderElect: false,
      leaseName: 'trunkline-operator',
      http: { host: '127.0.0.1', port: 9465 },
      kubeconfig: undefined,
      logLevel: 'info',
    });
  });

  it('are what is given', () => {
    const given = [
      ...['--namespace', 'tl', '--watch-namespaces', 'acme, globex', '--base-domain', 'voice.example.com'],
      ...['--unknown-domain', 'drop', '--leader-elect', '--lease-name', 'mine', '--http', '[::1]:80'],
      ...['--kubeconfig', '/kc', '--log-level', 'debug'],
    ];
    expect(read(...given)).toEqual({
      namespace: 'tl',
      watchNamespaces: ['acme', 'globex'],
      baseDomain: 'voice.example.com',
      unknownDomain: 'drop',
      leaderElect: true,
      leaseName: 'mine',
      http: { host: '::1', port: 80 },
      kubeconfig: '/kc',
      logLevel: 'debug',
    });
  });

  it.each<[string[], RegExp]>([
    [[], /--base-domain is missing; usage: operator/],
    [['--base-domain', 'not a domain'], /--base-domain not a domain/],
    [['--base-domain', 'a', '--namespace', 'No'], /--namespace No/],
    [['--base-domain', 'a', '--watch-namespaces', 'a,,b'], /--watch-namespaces/],
    [['--base-domain', 'a', '--unknown-domain', 'ignore'], /expected reject, drop/],
    [['--base-domain', 'a', '--http', '80'], /expected HOST:PORT/],
    [['--base-domain', 'a', '--http', 'a:70000'], /expected HOST:PORT/],
    [['--base-domain', 'a', '--log-level', 'loud'], /--log-level loud/],
    [['--base-domain', 'a', '--what'], /--what/],
  ])('%j is refused in one line', (args, message) => {
    expect(() => read(...args)).toThrow(FlagError);
    expect(() => read(...args)).toThrow(message);
  });

  it('need --namespace outside of a pod', () => {
    expect(() => readFlags(['--base-domain', 'a'], join(folder, 'none'))).toThrow(/--namespace is missing/);
  });
});
