// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { LoadedResource, Resource } from '@trunkline/crds';
import {
  Compiler,
  fromManifests,
  resourceKey,
  writeShardDirectory,
  type CompileSettings,
  type Finding,
  type ResourceKey,
} from '@trunkline/operator';

export interface Published {
  /** By document name, for the proxy's acknowledgement. */
  revisions: Record<string, string>;
  /** One short name for all revisions together. */
  revision: string;
  /** Documents written or removed; empty: nothing changed for the proxy. */
  changed: string[];
}

/** The configuration that is in force: manifests in, shard files out. */
export class LiveConfig {
  readonly #compiler: Compiler;
  readonly #directory: string;
  #keys = new Set<ResourceKey>();
  #secrets = new Set<string>();

  constructor(settings: CompileSettings, directory: string) {
    this.#compiler = new Compiler(settings);
    this.#directory = directory;
  }

  /** Compiles what changed and writes the shards. Throws what the file system throws. */
  async apply(loaded: readonly LoadedResource[]): Promise<Published> {
    const { resources, secrets } = fromManifests(loaded);
    const keys = new Set(resources.map(resourceKey));
    const names = new Set(secrets.map(([name]) => name));
    this.#compiler.apply({
      upserted: resources.map((resource) => this.#withStatus(resource)),
      deleted: [...this.#keys].filter((key) => !keys.has(key)),
      secrets: [...secrets, ...[...this.#secrets].filter((name) => !names.has(name)).map(gone)],
    });
    this.#keys = keys;
    this.#secrets = names;
    const { written, removed, revisions } = await writeShardDirectory(
      this.#directory,
      this.#compiler.config(),
    );
    return { revisions, revision: shortName(revisions), changed: [...written, ...removed] };
  }

  findings(): Finding[] {
    return this.#compiler.findings();
  }

  /** General termination domain of every trunk that has one, in order of the trunks' names. */
  terminationDomains(): { trunk: string; domain: string }[] {
    return [...this.#compiler.statuses()].flatMap(([key, status]) => {
      const [domain] = (status.terminationUris as string[] | undefined) ?? [];
      return domain !== undefined && key.startsWith('Trunk/')
        ? [{ trunk: key.slice('Trunk/'.length), domain }]
        : [];
    });
  }

  get resources(): number {
    return this.#keys.size + this.#secrets.size;
  }

  /** What was published keeps domains and claimed numbers where they are, as the status does on Kubernetes. */
  #withStatus(resource: Resource): Resource {
    const published = this.#compiler.status(resourceKey(resource));
    if (resource.kind === 'Trunk' && Array.isArray(published?.terminationUris)) {
      const terminationUris = published.terminationUris as string[];
      return { ...resource, status: { ...resource.status, terminationUris } };
    }
    if (resource.kind === 'PhoneNumber' && typeof published?.number === 'string') {
      return { ...resource, status: { ...resource.status, number: published.number } };
    }
    return resource;
  }
}

function gone(name: string): [string, undefined] {
  return [name, undefined];
}

function shortName(revisions: Record<string, string>): string {
  const names = Object.keys(revisions).sort();
  const text = names.map((name) => `${name} ${revisions[name] ?? ''}\n`).join('');
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
