// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { keyOf, refOf } from '../api/objects.ts';
import { configMap, type ConfigMap } from '../testing/config-maps.ts';
import { Cache, type Change } from './cache.ts';

const byRefs = { refs: ({ data }: ConfigMap) => (data?.refs ?? '').split(',').filter(Boolean) };

describe('Cache', () => {
  it('finds by key, namespace and index, and follows changes of the indexed value', () => {
    const cache = new Cache<ConfigMap>(byRefs);
    cache.set(configMap('a', '1', { refs: 'x,y' }));
    cache.set(configMap('b', '2', { refs: 'y' }));
    cache.set({ metadata: { name: 'cluster', resourceVersion: '3' } });
    const names = (objects: ConfigMap[]) => objects.map(({ metadata }) => metadata.name);
    expect(names(cache.byIndex('refs', 'y'))).toEqual(['a', 'b']);
    expect(names(cache.list('acme'))).toEqual(['a', 'b']);
    expect(names(cache.list())).toEqual(['a', 'b', 'cluster']);
    expect(cache.get('cluster')).toBeDefined();

    cache.set(configMap('a', '4', { refs: 'x' }));
    expect(names(cache.byIndex('refs', 'y'))).toEqual(['b']);
    expect(names(cache.byIndex('refs', 'x'))).toEqual(['a']);
    cache.delete('acme/a');
    expect(cache.byIndex('refs', 'x')).toEqual([]);
    expect(cache.list('nowhere')).toEqual([]);
    expect(() => cache.byIndex('missing', 'x')).toThrow('no index missing');
  });

  it('tells of each change once, after it is done, and not of what it knows already', () => {
    const cache = new Cache<ConfigMap>();
    const changes: Change<ConfigMap>[] = [];
    const end = cache.subscribe((change) => {
      expect(cache.get(change.key)).toBe(change.after);
      changes.push(change);
    });
    const [first, second] = [configMap('a', '1'), configMap('a', '2')];
    cache.set(first);
    cache.set(configMap('a', '1'));
    cache.set(second);
    cache.delete('acme/a');
    cache.delete('acme/a');
    expect(changes).toEqual([
      { key: 'acme/a', after: first },
      { key: 'acme/a', before: first, after: second },
      { key: 'acme/a', before: second },
    ]);
    end();
    cache.set(first);
    expect(changes).toHaveLength(3);
  });

  it('takes an object of the same version but another uid for another object', () => {
    const cache = new Cache<ConfigMap>();
    cache.set(configMap('a', '1'));
    cache.set({ metadata: { ...configMap('a', '1').metadata, uid: 'restored' } });
    expect(cache.get('acme/a')?.metadata.uid).toBe('restored');
  });

  it('is made equal to a list, telling of the difference alone', () => {
    const cache = new Cache<ConfigMap>(byRefs);
    cache.replaceAll([configMap('a', '1'), configMap('b', '2', { refs: 'x' }), configMap('c', '3')]);
    const told: string[] = [];
    cache.subscribe(({ key, after }) => told.push(`${after ? '+' : '-'}${key}`));
    cache.replaceAll([configMap('a', '1'), configMap('c', '9'), configMap('d', '4')]);
    expect(told).toEqual(['-acme/b', '+acme/c', '+acme/d']);
    expect(cache.byIndex('refs', 'x')).toEqual([]);
    expect(cache.size).toBe(3);
  });

  it('holds objects that nobody can change', () => {
    const cache = new Cache<ConfigMap>();
    cache.set(configMap('a', '1', { x: 'y' }));
    const held = cache.get('acme/a');
    expect(() => {
      if (held?.data) held.data.x = 'z';
    }).toThrow(TypeError);
  });

  it('reports what listeners and index functions throw, and goes on', () => {
    const faults: unknown[] = [];
    const cache = new Cache<ConfigMap>(
      {
        broken: () => {
          throw new Error('index');
        },
      },
      (error) => faults.push(error),
    );
    cache.subscribe(() => {
      throw new Error('listener');
    });
    cache.set(configMap('a', '1'));
    expect(cache.size).toBe(1);
    expect(faults.map(String)).toEqual(['Error: index', 'Error: listener']);
  });

  it('gives keys that can be read back', () => {
    for (const ref of [{ name: 'a' }, { namespace: 'acme', name: 'a.b' }])
      expect(refOf(keyOf(ref))).toEqual(ref);
  });
});
