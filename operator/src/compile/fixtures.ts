// SPDX-License-Identifier: Apache-2.0
import { loadManifests, type Kind, type Resource } from '@trunkline/crds';
import { compile, type Compilation } from './compile.ts';
import type { SecretData } from './compiler.ts';
import type { Condition } from './conditions.ts';
import type { CompileSettings } from './facts.ts';

/* For tests: resources in short form, with the defaults that the API server fills in. */

export const SETTINGS: CompileSettings = {
  baseDomain: 'example.com',
  unknownDomain: 'reject',
  assumeAccounts: true,
};

/** A valid resource; `age` in days makes it that much older than one of age 0. Throws where it breaks its schema. */
export function resource(
  kind: Kind,
  key: string,
  spec: object,
  extra: { age?: number; status?: object } = {},
): Resource {
  const [first = '', name] = key.split('/');
  const metadata = {
    ...(name === undefined ? { name: first } : { namespace: first, name }),
    ...(extra.age !== undefined && {
      creationTimestamp: new Date(Date.UTC(2026, 0, 31 - extra.age)).toISOString(),
    }),
  };
  const manifest = { apiVersion: 'trunkline.dev/v1alpha1', kind, metadata, spec };
  const loaded = loadManifests([{ path: 'test', text: JSON.stringify(manifest) }]);
  const [found] = loaded.resources;
  if (!found || found.kind === 'Secret') throw new Error(JSON.stringify(loaded.problems));
  return { ...found, ...(extra.status !== undefined && { status: extra.status }) };
}

export function trunk(
  key: string,
  domainName?: string,
  { secure, ...extra }: { age?: number; status?: object; secure?: boolean } = {},
): Resource {
  const spec = domainName === undefined ? {} : { termination: { domainName } };
  return resource('Trunk', key, secure === undefined ? spec : { ...spec, secure }, extra);
}

export function compiled(
  resources: Resource[],
  options: { settings?: Partial<CompileSettings>; secrets?: Record<string, SecretData> } = {},
): Compilation {
  const settings = { ...SETTINGS, ...options.settings };
  return compile({ resources, secrets: Object.entries(options.secrets ?? {}), settings });
}

export function conditionOf(compilation: Compilation, key: string, type: Condition['type']): string {
  const condition = compilation.statuses.get(key)?.conditions.find((each) => each.type === type);
  return condition ? `${condition.status} ${condition.reason}` : 'none';
}

/** Reasons of the findings of a resource. */
export function reasons(compilation: Compilation, key: string): string[] {
  return compilation.findings
    .filter((finding) => finding.resourceKey === key)
    .map((finding) => finding.reason);
}

export function trunkEntryOf({ config }: Compilation, key: string) {
  return config.routing.flatMap((shard) => shard.trunks).find((entry) => entry.key === key);
}

export function accountEntryOf({ config }: Compilation, namespace: string) {
  return config.routing.flatMap((shard) => shard.accounts).find((entry) => entry.namespace === namespace);
}
