// SPDX-License-Identifier: Apache-2.0
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { TokenUser } from '../src/kube-api-server.ts';
import { kubeToolOutput, REPOSITORY, runKubeTool } from '../src/kube-commands.ts';

/** Who does what in the tests of the charts. */
export const TOKENS = {
  operator: user('system:serviceaccount:trunkline-system:trunkline-operator', [
    'system:serviceaccounts',
    'system:authenticated',
  ]),
  tenant: user('tenant'),
  provider: user('provider'),
  careless: user('careless'),
} satisfies Record<string, TokenUser>;

function user(name: string, groups = ['system:authenticated']): TokenUser {
  return { name, groups, token: `token-of-${name.replaceAll(':', '-')}` };
}

const folder = mkdtempSync(join(tmpdir(), 'tl-charts-'));
process.on('exit', () => {
  rmSync(folder, { recursive: true, force: true });
});

/** A file that goes with the test. */
export const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
};

/** The package of a chart as it might have been released before: version 0.0.9, and files of it with another text. */
export const previousRelease = async (
  chart: string,
  changes: Record<string, (text: string) => string> = {},
): Promise<string> => {
  const copy = join(folder, 'previous', basename(chart));
  cpSync(join(REPOSITORY, chart), copy, { recursive: true });
  const version = (text: string) => text.replace(/^(version|appVersion): .*$/gm, '$1: 0.0.9');
  for (const [file, change] of Object.entries({ 'Chart.yaml': version, ...changes })) {
    const text = readFileSync(join(copy, file), 'utf8');
    const changed = change(text);
    if (changed === text) throw new Error(`${file} of the previous release is as it is now`);
    writeFileSync(join(copy, file), changed);
  }
  await kubeToolOutput('helm', ['package', copy, '--destination', folder]);
  return join(folder, `${basename(chart)}-0.0.9.tgz`);
};

/** What the API server says to a pod in a namespace with the strictest of Kubernetes' pod security standards. */
export const runsRestricted = async (env: NodeJS.ProcessEnv, spec: object) => {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'restricted', labels } };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'pod', namespace: 'restricted' }, spec };
  await kubeToolOutput('kubectl', ['apply', '-f', '-'], { env, input: textOf(namespace) });
  const { exitCode, stderr } = await runKubeTool('kubectl', ['create', '--dry-run=server', '-f', '-'], {
    ...{ env, input: textOf(pod) },
  });
  return { exitCode, stderr };
};

/** As JSON, because kubectl takes words such as `no` of a YAML text for booleans. */
export const textOf = (...manifests: object[]): string =>
  manifests.map((manifest) => `${JSON.stringify(manifest)}\n`).join('---\n');

/** CRDs of others that the charts write to, as far as the API server has to know them. */
export const FOREIGN_KINDS = [
  foreign('monitoring.coreos.com', 'v1', 'ServiceMonitor'),
  foreign('monitoring.coreos.com', 'v1', 'PodMonitor'),
  foreign('monitoring.coreos.com', 'v1', 'PrometheusRule'),
  foreign('externaldns.k8s.io', 'v1alpha1', 'DNSEndpoint'),
];

function foreign(group: string, version: string, kind: string) {
  const plural = `${kind.toLowerCase()}s`;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      annotations: { 'api-approved.kubernetes.io': 'unapproved, for tests' },
    },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
            },
          },
        },
      ],
    },
  };
}
