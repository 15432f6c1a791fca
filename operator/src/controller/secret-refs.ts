// SPDX-License-Identifier: Apache-2.0
import type { Resource } from '@trunkline/crds';
import type { ResourceKey } from '../compile/resources.ts';

/** `namespace/name` of the Secrets that a resource refers to. One whose spec cannot be read refers to none. */
export function secretsOf(resource: Resource): string[] {
  try {
    if (resource.kind === 'CredentialList') {
      const namespace = resource.metadata.namespace ?? '';
      return resource.spec.credentials.map((entry) => `${namespace}/${entry.passwordSecretRef.name}`);
    }
    if (resource.kind !== 'Carrier' || !resource.spec.credentialsSecretRef) return [];
    const { namespace, name } = resource.spec.credentialsSecretRef;
    return [`${namespace}/${name}`];
  } catch {
    return [];
  }
}

/** Who refers to which Secrets. */
export class SecretRefs {
  readonly #byResource = new Map<ResourceKey, string[]>();
  readonly #counts = new Map<string, number>();

  /** Gives the Secrets that nobody referred to before, and those that nobody refers to any more. */
  replace(key: ResourceKey, resource: Resource | undefined): { added: string[]; dropped: string[] } {
    const before = this.#byResource.get(key) ?? [];
    const after = resource ? [...new Set(secretsOf(resource))] : [];
    if (after.length === 0) this.#byResource.delete(key);
    else this.#byResource.set(key, after);
    const added = after.filter((secret) => this.#count(secret, 1) === 1);
    const dropped = before.filter((secret) => this.#count(secret, -1) === 0);
    return {
      added: added.filter((secret) => !dropped.includes(secret)),
      dropped: dropped.filter((secret) => !added.includes(secret)),
    };
  }

  #count(secret: string, by: number): number {
    const count = (this.#counts.get(secret) ?? 0) + by;
    if (count === 0) this.#counts.delete(secret);
    else this.#counts.set(secret, count);
    return count;
  }
}
