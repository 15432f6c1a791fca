// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Cache, KubeError, type Applier, type KubeClient } from '@trunkline/kube';
import { pino } from 'pino';
import type { ShardObject } from './shard-objects.ts';
import { ShardPublisher } from './shard-publisher.ts';
import type { ShardDocument } from './to-shards.ts';

const log = pino({ level: 'silent' });
const document = (name: string, revision: string): ShardDocument => ({
  name,
  secret: name.startsWith('secret-'),
  revision,
  text: `{"revision":"${revision}"}`,
});

/** A namespace that holds what is applied, and tells the caches as a watch would. */
class FakeNamespace {
  readonly maps = new Cache<ShardObject>();
  readonly secrets = new Cache<ShardObject>();
  /** In order: `+ConfigMap trunkline-3f`, `-Secret trunkline-3f`. */
  readonly writes: string[] = [];
  refusals: Error[] = [];
  #version = 0;
  #waiting: (() => void)[] = [];

  readonly applier: Pick<Applier, 'apply'> = {
    apply: async ({ kind, object }) => {
      const refusal = this.refusals.shift();
      if (refusal) throw refusal;
      this.#said(`+${kind.kind} ${object.metadata.name}`);
      this.put(kind.kind, object);
      return 'applied';
    },
  };
  readonly client: Pick<KubeClient, 'delete'> = {
    delete: async (kind, { name }, options) => {
      this.#said(`-${kind.kind} ${name} ${String(options?.uid)}`);
      this.#cacheOf(kind.kind).delete(`tl/${name}`);
    },
  };

  put(kind: string, object: ShardObject): void {
    this.#version += 1;
    const metadata = {
      ...object.metadata,
      uid: `uid-${object.metadata.name}`,
      resourceVersion: `${this.#version}`,
    };
    this.#cacheOf(kind).set({ ...object, metadata });
  }

  remove(kind: string, name: string): void {
    this.#cacheOf(kind).delete(`tl/${name}`);
  }

  async wrote(count: number): Promise<string[]> {
    while (this.writes.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.writes;
  }

  #said(write: string): void {
    this.writes.push(write);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #cacheOf(kind: string): Cache<ShardObject> {
    return kind === 'Secret' ? this.secrets : this.maps;
  }
}

let namespace: FakeNamespace;
let publisher: ShardPublisher;
let stop: AbortController;
let running: Promise<void>;
let mayWrite = true;
/** Why 3f could not be published, each time that has changed. */
let failures: (string | undefined)[];

beforeEach(() => {
  namespace = new FakeNamespace();
  stop = new AbortController();
  mayWrite = true;
  failures = [];
  publisher = new ShardPublisher({
    ...{ client: namespace.client, applier: namespace.applier, namespace: 'tl', log },
    ...{ maps: namespace.maps, secrets: namespace.secrets, mayWrite: () => mayWrite },
    onFailure: () => failures.push(publisher.failure('3f')),
  });
  running = publisher.run(stop.signal);
});
afterEach(async () => {
  stop.abort();
  await running;
});

const put = (...documents: ShardDocument[]) => {
  publisher.put(documents.map((one) => [one.name, one]));
};

describe('publishing', () => {
  it('makes objects as the contract has them, secrets first', async () => {
    put(document('3f', 'r1'), document('global', 'g1'), document('secret-3f', 's1'));
    expect(await namespace.wrote(3)).toEqual([
      '+Secret trunkline-3f',
      '+ConfigMap trunkline-3f',
      '+ConfigMap trunkline-global',
    ]);
    const labels = { 'app.kubernetes.io/managed-by': 'trunkline-operator', 'trunkline.dev/shard': '3f' };
    expect(namespace.maps.get('tl/trunkline-3f')).toMatchObject({
      metadata: { labels, annotations: { 'trunkline.dev/revision': 'r1' } },
      data: { 'shard.json': '{"revision":"r1"}' },
    });
    expect(namespace.secrets.get('tl/trunkline-3f')).toMatchObject({
      metadata: { labels, annotations: { 'trunkline.dev/revision': 's1' } },
      type: 'Opaque',
      data: { 'shard.json': Buffer.from('{"revision":"s1"}').toString('base64') },
    });
  });

  it('leaves alone what is as it should be', async () => {
    put(document('3f', 'r1'));
    await namespace.wrote(1);
    put(document('3f', 'r1'), document('40', 'x1'));
    expect(await namespace.wrote(2)).toEqual(['+ConfigMap trunkline-3f', '+ConfigMap trunkline-40']);
  });

  it.each<[string, (object: ShardObject) => ShardObject]>([
    ['content', (object) => ({ ...object, data: { 'shard.json': '{' } })],
    ['label', (object) => ({ ...object, metadata: { ...object.metadata, labels: {} } })],
    ['annotation', (object) => ({ ...object, metadata: { ...object.metadata, annotations: {} } })],
  ])('puts a changed %s back', async (_, change) => {
    put(document('3f', 'r1'));
    await namespace.wrote(1);
    const good = namespace.maps.get('tl/trunkline-3f')!;
    namespace.put('ConfigMap', change(good));
    await namespace.wrote(2);
    expect(namespace.maps.get('tl/trunkline-3f')).toMatchObject({
      data: good.data,
      metadata: { labels: good.metadata.labels, annotations: good.metadata.annotations },
    });
  });

  it('makes a deleted one anew, and leaves what others have added', async () => {
    put(document('3f', 'r1'));
    await namespace.wrote(1);
    namespace.remove('ConfigMap', 'trunkline-3f');
    await namespace.wrote(2);
    const good = namespace.maps.get('tl/trunkline-3f')!;
    namespace.put('ConfigMap', { ...good, data: { ...good.data, note: 'mine' } });
    put(document('40', 'x1'));
    expect((await namespace.wrote(3)).at(-1)).toBe('+ConfigMap trunkline-40');
  });

  it('deletes what is no longer wanted, routing before its secrets, this very object alone', async () => {
    put(document('3f', 'r1'), document('secret-3f', 's1'));
    await namespace.wrote(2);
    publisher.put([
      ['secret-3f', undefined],
      ['3f', undefined],
    ]);
    expect((await namespace.wrote(4)).slice(2)).toEqual([
      '-ConfigMap trunkline-3f uid-trunkline-3f',
      '-Secret trunkline-3f uid-trunkline-3f',
    ]);
  });

  it('deletes what an earlier leader has left', async () => {
    namespace.put('ConfigMap', { metadata: { name: 'trunkline-77', namespace: 'tl' } });
    namespace.put('ConfigMap', { metadata: { name: 'something-else', namespace: 'tl' } });
    namespace.put('ConfigMap', { metadata: { name: 'trunkline-78', namespace: 'tl' } });
    await new Promise((resolve) => setTimeout(resolve, 20));
    // Nothing is wanted yet, and so nothing is unwanted.
    expect(namespace.writes).toEqual([]);
    put(document('78', 'r1'));
    const writes = await namespace.wrote(2);
    expect([...writes].sort()).toEqual([
      '+ConfigMap trunkline-78',
      '-ConfigMap trunkline-77 uid-trunkline-77',
    ]);
  });

  it('tries again, says why not meanwhile, and does not hold up others', async () => {
    namespace.refusals = [new KubeError({ code: 'refused', status: 422, message: 'Too long' })];
    put(document('3f', 'r1'), document('40', 'x1'));
    expect(await namespace.wrote(2)).toEqual(['+ConfigMap trunkline-40', '+ConfigMap trunkline-3f']);
    await new Promise(setImmediate);
    expect(failures).toEqual(['Too long', undefined]);
  });

  it('deletes nothing where another may be leading', async () => {
    namespace.put('ConfigMap', { metadata: { name: 'trunkline-77', namespace: 'tl' } });
    mayWrite = false;
    put(document('40', 'x1'));
    expect(await namespace.wrote(1)).toEqual(['+ConfigMap trunkline-40']);
    expect(publisher.failure('77')).toMatch(/not the leader/);
  });
});
