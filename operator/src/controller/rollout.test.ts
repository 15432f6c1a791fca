// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { LiveProxy } from './proxy-fleet.ts';
import { Rollout, type KnownEdge } from './rollout.ts';

const START = new Date('2026-11-25T08:00:00Z');

let proxies: LiveProxy[];
let edges: KnownEdge[];
let failures: Map<string, string>;
let returning: string[];
let heard: Map<string, Date>;
let took: number[];
let rollout: Rollout;

beforeEach(() => {
  jest.useFakeTimers({ now: START });
  [proxies, edges, returning, took] = [[], [], [], []];
  [failures, heard] = [new Map(), new Map()];
  rollout = new Rollout({
    fleet: {
      live: () => proxies,
      lastHeard: (edge) => heard.get(edge),
      mayReturn: (edge) => (edge === undefined ? returning.length > 0 : returning.includes(edge)),
    },
    edges: () => edges,
    failure: (document) => failures.get(document),
    onProgrammed: (seconds) => took.push(seconds),
  });
  rollout.put([
    ['global', 'g1'],
    ['3f', 'r1'],
    ['secret-3f', 's1'],
    ['40', 'x1'],
  ]);
});
afterEach(() => {
  jest.useRealTimers();
});

const ALL = { global: 'g1', '3f': 'r1', 'secret-3f': 's1', '40': 'x1' };
const proxy = (instance: string, revisions: Record<string, string>, edge = 'ashburn') => ({
  instance,
  edge,
  revisions,
});
const edge = (name: string, missingSince?: Date): KnownEdge => ({
  name,
  createdAt: new Date('2026-11-01T00:00:00Z'),
  missingSince,
});
const reason = (shard: string) => rollout.verdict(shard).state.reason;

describe('a verdict', () => {
  it('waits for the documents that the shard needs, and no others', () => {
    proxies = [proxy('p1', { ...ALL, '40': 'older' })];
    expect([reason('3f'), reason('40')]).toEqual(['Programmed', 'Pending']);
    proxies = [proxy('p1', { ...ALL, 'secret-3f': 'older' })];
    expect([reason('3f'), reason('40')]).toEqual(['Pending', 'Programmed']);
    proxies = [proxy('p1', { ...ALL, global: 'older' })];
    expect([reason('3f'), reason('40')]).toEqual(['Pending', 'Pending']);
  });

  it('waits for what is gone to be gone', () => {
    proxies = [proxy('p1', ALL)];
    rollout.put([['secret-3f', undefined]]);
    expect(reason('3f')).toBe('Pending');
    proxies = [proxy('p1', { global: 'g1', '3f': 'r1', '40': 'x1' })];
    expect(reason('3f')).toBe('Programmed');
  });

  it('waits for every proxy of every edge', () => {
    edges = [edge('ashburn'), edge('dublin')];
    proxies = [proxy('p1', ALL), proxy('p2', ALL)];
    expect(reason('3f')).toBe('EdgeUnreachable');
    proxies = [...proxies, proxy('d1', {}, 'dublin')];
    expect(reason('3f')).toBe('Pending');
    proxies = [proxy('p1', ALL), proxy('p2', ALL), proxy('d1', ALL, 'dublin')];
    expect(reason('3f')).toBe('Programmed');
  });

  it('is not given in the first moments of a change, or while a silent proxy may return', () => {
    edges = [edge('ashburn')];
    proxies = [proxy('p1', {})];
    expect(rollout.verdict('3f').waitMs).toBe(500);
    jest.advanceTimersByTime(400);
    expect(rollout.verdict('3f').waitMs).toBe(100);
    jest.advanceTimersByTime(400);
    expect(rollout.verdict('3f').waitMs).toBe(0);
    proxies = [];
    returning = ['ashburn'];
    expect(rollout.verdict('3f').waitMs).toBeGreaterThan(0);
    returning = [];
    expect(rollout.verdict('3f').waitMs).toBe(0);
    proxies = [proxy('p1', ALL)];
    edges = [edge('ashburn'), edge('dublin')];
    returning = ['dublin'];
    expect(rollout.verdict('3f').waitMs).toBeGreaterThan(0);
    returning = ['ashburn'];
    expect(rollout.verdict('3f').waitMs).toBe(0);
  });

  it('says what cannot be published', () => {
    proxies = [proxy('p1', ALL)];
    failures.set('3f', 'too long');
    expect([reason('3f'), reason('40')]).toEqual(['NotPublished', 'Programmed']);
  });

  it('is counted once, with the time since the change', () => {
    proxies = [proxy('p1', ALL)];
    rollout.verdict('3f');
    expect(took).toEqual([]);
    jest.advanceTimersByTime(1_000);
    rollout.put([['3f', 'r1']]);
    proxies = [proxy('p1', {})];
    rollout.verdict('3f');
    jest.advanceTimersByTime(250);
    proxies = [proxy('p1', ALL)];
    rollout.verdict('3f');
    rollout.verdict('3f');
    expect(took).toEqual([0.25]);
  });
});

describe('an edge without a proxy', () => {
  it('is missing since it was last heard of, or since it was made, and stays so', () => {
    expect(rollout.missingSince(edge('dublin'))).toEqual(new Date('2026-11-01T00:00:00Z'));
    heard.set('ashburn', new Date('2026-11-25T07:00:00Z'));
    expect(rollout.missingSince(edge('ashburn'))).toEqual(new Date('2026-11-25T07:00:00Z'));
    heard.clear();
    expect(rollout.missingSince(edge('ashburn'))).toEqual(new Date('2026-11-25T07:00:00Z'));
    proxies = [proxy('p1', ALL)];
    expect(rollout.missingSince(edge('ashburn'))).toBeUndefined();
  });

  it('is missing since then as an earlier leader has written', () => {
    heard.set('ashburn', START);
    const written = new Date('2026-11-24T00:00:00Z');
    expect(rollout.missingSince(edge('ashburn', written))).toEqual(written);
  });
});

describe('news', () => {
  it('are the shards of which something else can be said', () => {
    proxies = [proxy('p1', { ...ALL, '40': 'older' })];
    expect(rollout.news(['3f', '40'], true)).toEqual({ shards: ['3f', '40'], later: false });
    expect(rollout.news(['3f', '40'], true)).toEqual({ shards: [], later: false });
    proxies = [proxy('p1', ALL)];
    expect(rollout.news(['3f', '40'], true)).toEqual({ shards: ['40'], later: false });
  });

  it('of words alone can wait', () => {
    proxies = [proxy('p1', {}), proxy('p2', {})];
    rollout.news(['3f'], true);
    proxies = [proxy('p1', ALL), proxy('p2', {})];
    expect(rollout.news(['3f'], true)).toEqual({ shards: [], later: true });
    expect(rollout.news(['3f'], false)).toEqual({ shards: ['3f'], later: false });
    proxies = [proxy('p1', ALL), proxy('p2', ALL)];
    expect(rollout.news(['3f'], true)).toEqual({ shards: ['3f'], later: false });
  });
});
