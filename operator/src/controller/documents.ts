// SPDX-License-Identifier: Apache-2.0
import type { EdgeConfig } from '@trunkline/crds';
import { toShards, type ShardDocument } from '../publish/to-shards.ts';

/** What is to be published, document by document, made anew only where something has changed. */
export class Documents {
  readonly #compiler: { config(): EdgeConfig };
  readonly #documents = new Map<string, ShardDocument>();

  constructor(compiler: { config(): EdgeConfig }) {
    this.#compiler = compiler;
  }

  /** The documents of the shards that have changed, by name; undefined: there is none any more. */
  refresh(changedShards: readonly string[]): Map<string, ShardDocument | undefined> {
    const names = new Set(changedShards);
    // The install-wide part is there from the first moment, and changes by itself only later.
    if (!this.#documents.has('global')) names.add('global');
    const { global, routing, secrets } = this.#compiler.config();
    const made = toShards({
      global,
      routing: routing.filter(({ shard }) => names.has(shard)),
      secrets: secrets.filter(({ shard }) => names.has(`secret-${shard}`)),
    });
    const found = new Map(made.map((document) => [document.name, document]));
    const changes = new Map<string, ShardDocument | undefined>();
    for (const name of names) {
      const document = found.get(name);
      if (document?.revision === this.#documents.get(name)?.revision) continue;
      changes.set(name, document);
      if (document) this.#documents.set(name, document);
      else this.#documents.delete(name);
    }
    return changes;
  }

  /** Bytes of the largest one. */
  get largest(): number {
    return Math.max(0, ...[...this.#documents.values()].map(({ text }) => Buffer.byteLength(text)));
  }
}
