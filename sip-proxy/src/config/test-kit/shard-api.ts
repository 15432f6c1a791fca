// SPDX-License-Identifier: Apache-2.0
import {
  EDGE_CONFIG_VERSION,
  type GlobalShard,
  type RoutingShard,
  type SecretShard,
  type TrunkEntry,
} from '@trunkline/crds';
import type { KubeObject, Lease } from '@trunkline/kube';
import type { ScriptedApi, ScriptedRequest } from '../../../../kube/src/testing/scripted-api.ts';
import { eventually } from '../../../../e2e/src/eventually.ts';
import { revisionOf } from '../shard-file.ts';

type ShardKind = 'ConfigMap' | 'Secret';
interface Held {
  objects: Map<string, KubeObject & { data: Record<string, string> }>;
  watches: ScriptedRequest[];
  waiting: ScriptedRequest[] | undefined;
}

/** What a proxy sees of an API server: shards of namespace `tl`, and its own Lease. */
export class ShardApi {
  /** While true, every request is refused. */
  fail = false;
  readonly #api: ScriptedApi;
  readonly #held: Record<ShardKind, Held> = { ConfigMap: empty(), Secret: empty() };
  #lease: Lease | undefined;
  #version = 1;

  constructor(api: ScriptedApi) {
    this.#api = api;
    void this.#serve();
  }

  get url(): string {
    return this.#api.url;
  }

  set(kind: ShardKind, shard: string, text: string): void {
    this.#version += 1;
    const data = { 'shard.json': kind === 'Secret' ? Buffer.from(text).toString('base64') : text };
    const name = `trunkline-${shard}`;
    const metadata = { name, namespace: 'tl', uid: name, resourceVersion: `${this.#version}` };
    const { objects, watches } = this.#held[kind];
    const type = objects.has(shard) ? 'MODIFIED' : 'ADDED';
    objects.set(shard, { metadata, data });
    for (const watch of watches) watch.event(type, { metadata, data });
  }

  remove(kind: ShardKind, shard: string): void {
    this.#version += 1;
    const { objects, watches } = this.#held[kind];
    const object = objects.get(shard);
    objects.delete(shard);
    if (!object) return;
    const metadata = { ...object.metadata, resourceVersion: `${this.#version}` };
    for (const watch of watches) watch.event('DELETED', { ...object, metadata });
  }

  /** Lists of the kind wait. */
  hold(kind: ShardKind): void {
    this.#held[kind].waiting = [];
  }

  release(kind: ShardKind): void {
    const held = this.#held[kind];
    const waiting = held.waiting ?? [];
    held.waiting = undefined;
    for (const request of waiting) this.#list(held, request);
  }

  /** Resolves when a list of the kind has been answered and is watched on. */
  answered(kind: ShardKind): Promise<boolean> {
    return eventually(`a list of ${kind}`, () => this.#held[kind].watches.length > 0);
  }

  lease(): Lease | undefined {
    return this.#lease;
  }

  /** What the Lease acknowledges. */
  acked(): Record<string, string> {
    return JSON.parse(this.#lease?.metadata.annotations?.['trunkline.dev/revisions'] ?? '{}') as Record<
      string,
      string
    >;
  }

  /** Revisions of what is published, by shard name. */
  revisions(...names: string[]): Record<string, string> {
    return Object.fromEntries(names.map((name) => [name, this.#revision(name)]));
  }

  close(): Promise<void> {
    return this.#api.close();
  }

  #revision(name: string): string {
    const secret = name.startsWith('secret-');
    const object = this.#held[secret ? 'Secret' : 'ConfigMap'].objects.get(name.replace('secret-', ''));
    const text = object?.data['shard.json'] ?? '{}';
    const json = secret ? Buffer.from(text, 'base64').toString() : text;
    return (JSON.parse(json) as { revision?: string }).revision ?? '';
  }

  async #serve(): Promise<void> {
    for (;;) {
      const request = await this.#api.next(600_000).catch(() => undefined);
      if (!request) return;
      if (this.fail) request.refuse(503, 'ServiceUnavailable');
      else if (request.path.includes('/leases')) this.#leases(request);
      else this.#shards(this.#held[request.path.endsWith('/secrets') ? 'Secret' : 'ConfigMap'], request);
    }
  }

  #shards(held: Held, request: ScriptedRequest): void {
    if (request.isWatch) {
      request.open();
      held.watches.push(request);
      // What came between the list and the watch.
      for (const object of held.objects.values()) {
        if (Number(object.metadata.resourceVersion) > Number(request.query.get('resourceVersion')))
          request.event('MODIFIED', object);
      }
    } else if (held.waiting) held.waiting.push(request);
    else this.#list(held, request);
  }

  #list(held: Held, request: ScriptedRequest): void {
    request.list([...held.objects.values()], `${this.#version}`);
  }

  #leases(request: ScriptedRequest): void {
    if (request.method === 'DELETE') {
      this.#lease = undefined;
      request.json(200, {});
      return;
    }
    if (request.method !== 'PATCH') {
      request.refuse(405, 'MethodNotAllowed');
      return;
    }
    this.#lease = request.body as Lease;
    request.json(200, this.#lease);
  }
}

const empty = (): Held => ({ objects: new Map(), watches: [], waiting: undefined });

const sealed = (shard: object): string => JSON.stringify({ ...shard, revision: revisionOf(shard) });

export const globalText = (): string =>
  sealed({
    version: EDGE_CONFIG_VERSION,
    shard: 'global',
    baseDomain: 'example.com',
    unknownDomain: 'reject',
    carriers: [],
    edges: [],
  } satisfies Omit<GlobalShard, 'revision'>);

/** With trunks `namespace/name` whose domain is their name. */
export const routingText = (shard: string, trunks: string[]): string =>
  sealed({
    version: EDGE_CONFIG_VERSION,
    shard,
    accounts: [],
    trunks: trunks.map(trunkEntry),
  } satisfies Omit<RoutingShard, 'revision'>);

/** One user in each list. */
export const secretText = (shard: string, users: Record<string, string>): string =>
  sealed({
    version: EDGE_CONFIG_VERSION,
    shard,
    credentialLists: Object.fromEntries(
      Object.entries(users).map(([list, username]) => [
        list,
        [{ username, ha1Md5: '0'.repeat(32), ha1Sha256: '0'.repeat(64) }],
      ]),
    ),
    carriers: {},
  } satisfies Omit<SecretShard, 'revision'>);

const trunkEntry = (key: string): TrunkEntry => {
  const [namespace = '', name = ''] = key.split('/');
  return {
    ...{ key, sid: `TK${name}`, namespace, name, generation: 1, friendlyName: name, domainName: name },
    ...{ secure: false, symmetricRtp: false, cnamLookup: false },
    recording: { mode: 'do-not-record', trim: 'do-not-trim' },
    transfer: { mode: 'disable-all', callerId: 'from-transferee' },
    ...{ ipAccessControlLists: [], credentialLists: [] },
    limits: { maxCallDurationSeconds: 60 },
    failover: { answerTimeoutMs: 4_000, finalCodes: [] },
    ...{ numbers: [], originationTargets: [] },
  };
};
