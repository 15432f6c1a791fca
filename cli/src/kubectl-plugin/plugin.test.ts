// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { OriginationUri, PhoneNumber, Trunk } from '@trunkline/crds';
import { KubeError } from '@trunkline/kube';
import { shardName } from '@trunkline/operator';
import { proxyOfLease, RESOURCE_KINDS } from '@trunkline/operator/kubernetes';
import { styleFor } from '../style.ts';
import { takeClusterFlags } from './cluster-flags.ts';
import { behind, isAlive, type Fleet } from './fleet.ts';
import { kubeFailure } from './kube-failure.ts';
import { trunkRows } from './trunk-rows.ts';
import { ago, conditionWord } from './wording.ts';

const NOW = Date.UTC(2026, 0, 5, 12);
const at = (secondsAgo: number) => new Date(NOW - secondsAgo * 1_000).toISOString();
const published = new Map([
  ['global', 'g2'],
  [shardName('acme'), 's2'],
]);

const lease = (instance: string, edge: string, revisions: object, secondsAgo = 3) => ({
  metadata: {
    name: `trunkline-proxy-${instance}`,
    labels: { 'trunkline.dev/edge': edge },
    annotations: { 'trunkline.dev/revisions': JSON.stringify(revisions) },
  },
  spec: { holderIdentity: instance, leaseDurationSeconds: 30, renewTime: at(secondsAgo) },
});
const upToDate = { ...Object.fromEntries(published), 'secret-global': 'x' };
const fleetOf = (...leases: ReturnType<typeof lease>[]): Fleet => ({
  lookedAt: NOW,
  proxies: leases.map((one) => proxyOfLease(one, NOW)),
  published,
});
const object = (kind: string, name: string, spec: object, status: object = {}) => ({
  ...{ apiVersion: 'trunkline.dev/v1alpha1', kind, spec, status },
  metadata: { name, namespace: 'acme', generation: 1 },
});
const rowOf = (fleet: Fleet | undefined) => {
  const trunk = object('Trunk', 'acme', {}) as unknown as Trunk;
  return trunkRows({ trunks: [trunk], numbers: [], uris: [], fleet })[0];
};

describe('a fleet', () => {
  it('is alive as long as each Lease runs, by one clock', () => {
    const fleet = fleetOf(lease('a', 'x', {}, 29), lease('b', 'x', {}, 31), lease('ahead', 'x', {}, -600));
    expect(fleet.proxies.map((proxy) => isAlive(proxy, fleet))).toEqual([true, false, true]);
    // A proxy whose clock is ahead does not live longer.
    expect(fleet.proxies[2]?.expiresAt).toBe(NOW + 30_000);
  });

  it('is behind in what it lacks, has otherwise, or has although it is gone; secrets aside', () => {
    const behindOf = (revisions: object) => behind(proxyOfLease(lease('a', 'x', revisions), NOW), published);
    expect(behindOf(upToDate)).toEqual([]);
    expect(behindOf({ ...upToDate, global: 'g1' })).toEqual(['global']);
    expect(behindOf({ global: 'g2', '00': 'old' })).toEqual(['00', shardName('acme')].sort());
  });
});

describe('edges that have a trunk', () => {
  it('are those of which every live proxy has it', () => {
    const fleet = fleetOf(
      ...[lease('a1', 'ashburn', upToDate), lease('a2', 'ashburn', { ...upToDate, global: 'g1' })],
      ...[lease('d1', 'dublin', upToDate), lease('d2', 'dublin', {}, 60)],
      lease('s1', 'singapore', upToDate, 60),
      lease('t1', 'tokyo', { ...upToDate, '00': 'of others' }),
    );
    expect(rowOf(fleet)?.edges).toEqual({
      programmed: ['dublin', 'tokyo'],
      all: ['ashburn', 'dublin', 'singapore', 'tokyo'],
    });
  });

  it('are unknown to who may not see the fleet', () => {
    expect(rowOf(undefined)?.edges).toBeUndefined();
    expect(rowOf({ ...fleetOf(), published: undefined })?.edges).toBeUndefined();
  });
});

it('numbers and URIs of a trunk are its own, refused ones aside', () => {
  const accepted = (status: string) => ({
    conditions: [{ type: 'Accepted', status, reason: 'x', message: '', observedGeneration: 1 }],
  });
  const number = (name: string, trunk: string, status = 'True') =>
    object('PhoneNumber', name, { trunkRef: { name: trunk } }, { number: name, ...accepted(status) });
  const uri = object(
    'OriginationUri',
    'u',
    { trunkRef: { name: 'acme' }, sipUri: 'sip:pbx.example' },
    {
      addresses: [
        {
          address: '192.0.2.1:5060/udp',
          healthy: false,
          lastChange: at(60),
          edge: 'dublin',
          reason: 'no answer',
        },
      ],
    },
  );
  const [row] = trunkRows({
    trunks: [object('Trunk', 'acme', {}) as unknown as Trunk],
    numbers: [
      ...[number('+15550100', 'acme'), number('+15550101', 'other'), number('+15550102', 'acme', 'False')],
    ] as unknown as PhoneNumber[],
    uris: [uri] as unknown as OriginationUri[],
    fleet: undefined,
  });
  expect(row).toMatchObject({
    numbers: ['+15550100'],
    health: [{ address: '192.0.2.1:5060/udp from dublin', healthy: false, lastError: 'no answer' }],
  });
});

describe('words', () => {
  it.each([
    [0, '0s ago'],
    [119, '119s ago'],
    [120, '2m ago'],
    [7_199, '119m ago'],
    [7_200, '2h ago'],
    [172_800, '2d ago'],
    [-5, '0s ago'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(ago(NOW - seconds * 1_000, NOW)).toBe(text);
  });

  it('of a condition are yes, why not, or that it speaks of an older generation', () => {
    const style = styleFor({}, {});
    const word = (generation: number, condition: object) =>
      conditionWord(
        { metadata: { generation }, status: { conditions: [condition as never] } },
        'Ready',
        style,
      );
    const ready = { type: 'Ready', status: 'True', reason: 'Ready', observedGeneration: 1 };
    expect(word(1, ready)).toBe('yes');
    expect(word(1, { ...ready, status: 'False', reason: 'DomainTaken' })).toBe('DomainTaken');
    expect(word(2, ready)).toBe('NotSeen');
    expect(ago(0, NOW)).toBe('never');
  });
});

describe('flags of a cluster', () => {
  it('have the operator’s namespace from the flag, the environment, or the README', () => {
    const of = (argv: string[], env = {}) => takeClusterFlags(argv, env).flags.operatorNamespace;
    expect(of([])).toBe('trunkline-system');
    expect(of([], { TRUNKLINE_NAMESPACE: 'voice' })).toBe('voice');
    expect(of(['--operator-namespace', 'tl'], { TRUNKLINE_NAMESPACE: 'voice' })).toBe('tl');
  });
});

describe('what the API server refuses', () => {
  const text = (status: number, name?: string) => {
    const error = new KubeError({ code: 'refused', status, message: 'said so' });
    return (kubeFailure(error, RESOURCE_KINDS.Trunk, name) as Error).message;
  };

  it('comes with what to do', () => {
    expect(text(401)).toMatch(/log in again/);
    expect(text(403)).toMatch(/^said so: docs\/reference\/kubectl-plugin\.md lists the rights/);
    expect(text(404)).toBe('the cluster does not know trunks.trunkline.dev: install charts/trunkline');
    expect(text(404, 'acme')).toBe('there is no Trunk acme');
    expect(text(500)).toBe('the API server refused: said so');
  });

  it('is nothing else', () => {
    const other = new TypeError('a mistake of ours');
    expect(kubeFailure(other, RESOURCE_KINDS.Trunk)).toBe(other);
  });
});
