// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argoHealth, HEALTH_FOLDER } from '../src/argocd-health.ts';
import { kstatusOf, type Kstatus } from '../src/kstatus.ts';
import { requireKubeTools } from '../src/kube-api-server.ts';
import {
  carrier,
  edge as edgeResource,
  eventually,
  manifestText,
  outgoingCallerId,
  requireProgram,
  resource,
  trunk,
  type Resource,
} from '../src/index.ts';
import { shownObject } from '../src/shown-object.ts';
import { Cluster, START_MS, type Edge, type KubeJson, type Running } from './kubernetes.fixture.ts';

/** What all that wait for a resource must see: kstatus, Argo CD, and the file of the script's testdata that shows it. */
type Row = [what: string, kstatus: Kstatus, argo: string, file?: string];

const good: Resource[] = [
  carrier('pstn', [{ host: '192.0.2.10', port: 5060 }]),
  ...trunk('acme', {
    acl: ['203.0.113.7/32'],
    users: { pbx: 'Correct-Horse-7' },
    numbers: ['+15550100'],
    targets: ['sip:pbx.acme.example'],
  }),
  outgoingCallerId('acme', '+15550199'),
  edgeResource('ashburn', 'us1'),
  resource('NumberPool', 'drama', { carrierRef: { name: 'pstn' }, numbers: ['+442079460001'] }),
  resource('RateDeck', 'usual', {
    currency: 'USD',
    rates: [{ prefix: '+', direction: 'termination', perMinute: '0.01' }],
  }),
];

/** As it is written for kubectl, with the fields that a trunk must have. */
const termination = (domainName: string, authentication: object = {}) => ({
  termination: { domainName, authentication },
});

const bad: Resource[] = [
  resource('Trunk', 'second', termination('acme'), 'acme'),
  resource('Trunk', 'listless', termination('listless', { credentialLists: ['none'] }), 'acme'),
  resource('Trunk', 'open', termination('open'), 'acme'),
  resource(
    'CredentialList',
    'secretless',
    { credentials: [{ username: 'a', passwordSecretRef: { name: 'none' } }] },
    'acme',
  ),
  resource('PhoneNumber', 'again', { number: '+15550100' }, 'acme'),
  ...trunk('held', { account: { suspended: true }, acl: ['203.0.113.9/32'] }),
];

const settled: Row[] = [
  ['account/acme', 'Current', 'Healthy'],
  ['carrier/pstn', 'Current', 'Healthy'],
  ['numberpool/drama', 'Current', 'Healthy'],
  ['ratedeck/usual', 'Current', 'Healthy'],
  ['ipaccesscontrollist/acme-acl', 'Current', 'Healthy'],
  ['credentiallist/acme-users', 'Current', 'Healthy'],
  ['originationuri --all', 'Current', 'Healthy'],
  ['phonenumber/n15550100', 'Current', 'Healthy', 'phonenumber_ready'],
  ['outgoingcallerid/n15550199', 'InProgress', 'Suspended', 'outgoingcallerid_not_verified'],
];

jest.setTimeout(START_MS);

const suite = requireKubeTools('kube-apiserver', 'etcd', 'kubectl') ? describe : describe.skip;
const hasLua = requireProgram('lua5.1');

suite('kstatus and Argo CD health of what the operator writes', () => {
  let cluster: Cluster;
  let operator: Running;
  let edge: Edge | undefined;

  beforeAll(async () => {
    cluster = await Cluster.start();
    await cluster.applyResources(good);
  }, START_MS);

  afterAll(async () => {
    await edge?.stop();
    await cluster.stop();
  }, START_MS);

  const objects = async (what: string): Promise<KubeJson[]> => {
    const words = what.split(' ');
    if (words[1] === '--all') return cluster.list('-n', 'acme', words[0] ?? '');
    const namespaced = words.length > 1 ? words : ['-n', 'acme', ...words];
    return [await cluster.get(...namespaced)];
  };
  /** All at one time: what is to be, and then that it is. */
  const see = async ([what, kstatus, argo, file]: Row): Promise<void> => {
    let seen: unknown;
    const look = async () => {
      const found = await objects(what);
      const healths = hasLua ? await argoHealth(found) : [];
      const words = found.map((one, index) => [kstatusOf(one), healths[index]?.status ?? argo].join(' '));
      seen = { words, conditions: found.map(({ status }) => status?.conditions) };
      return found.length > 0 && words.every((word) => word === `${kstatus} ${argo}`) && found;
    };
    const found = await eventually(`${what} to be ${kstatus} and ${argo}`, look, {
      timeoutMs: 60_000,
      everyMs: 300,
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify(seen)}`);
    });
    if (file !== undefined) expectFile(file, found[0] as KubeJson);
  };
  /** testdata of the health script: what the operator has really written. UPDATE_TESTDATA=1 writes it anew. */
  const expectFile = (file: string, object: KubeJson) => {
    const path = join(HEALTH_FOLDER, 'testdata', `${file}.yaml`);
    const text = shownObject(object);
    if (process.env.UPDATE_TESTDATA === '1') writeFileSync(path, text);
    expect(text).toBe(readFileSync(path, 'utf8'));
  };

  it('InProgress before the operator has seen a resource', async () => {
    for (const [what] of settled) await see([what, 'InProgress', 'Progressing']);
    await see(['trunk/acme', 'InProgress', 'Progressing', 'trunk_not_seen']);
    await see(['edge/ashburn', 'InProgress', 'Progressing']);
  });

  it('Current once it works, InProgress where proxies have yet to come', async () => {
    operator = await cluster.startOperator();
    for (const row of settled) await see(row);
    await cluster.awaitCondition('Ready', 'False NoProxy', '-n', 'acme', 'trunk/acme');
    await see(['trunk/acme', 'InProgress', 'Progressing', 'trunk_no_proxy']);
    await see(['edge/ashburn', 'InProgress', 'Progressing', 'edge_new']);
  });

  it('Current once every proxy has applied it', async () => {
    edge = await cluster.startEdge({ edge: 'ashburn', instance: 'ashburn-1' });
    await see(['trunk/acme', 'Current', 'Healthy', 'trunk_ready']);
    await see(['edge/ashburn', 'Current', 'Healthy', 'edge_ready']);
    const { status } = await cluster.get('-n', 'acme', 'trunk/acme');
    expect(status?.conditions?.map(({ type }) => type)).not.toContain('Reconciling');
  });

  it('a second apply would change nothing: neither defaults nor what the operator writes is a difference', async () => {
    const kinds = good.filter(({ apiVersion }) => apiVersion.startsWith('trunkline.dev/'));
    // Without the status of an OutgoingCallerId, which is an administrator's.
    const manifests = manifestText(
      kinds.map(({ apiVersion, kind, metadata, spec = {} }) => ({ apiVersion, kind, metadata, spec })),
    );
    const args = ['diff', '--server-side', '--force-conflicts', '--field-manager', 'argocd-controller'];
    const { exitCode, stdout, stderr } = await cluster.withFile(manifests, (file) =>
      cluster.tryKubectl(...args, '-f', file),
    );
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  it.each<Row>([
    ['trunk/second', 'Failed', 'Degraded', 'trunk_domain_taken'],
    ['trunk/listless', 'Failed', 'Degraded', 'trunk_list_missing'],
    ['credentiallist/secretless', 'Failed', 'Degraded', 'credentiallist_secret_missing'],
    ['phonenumber/again', 'Failed', 'Degraded'],
    ['-n held trunk/held', 'InProgress', 'Suspended', 'trunk_account_suspended'],
    ['trunk/open', 'Current', 'Healthy', 'trunk_without_authentication'],
  ])('%s is %s', async (...row) => {
    await cluster.applyResources(bad);
    await see(row);
  });

  it('InProgress again after a change that nobody has seen, Current after it was', async () => {
    await operator.stop();
    const patch = JSON.stringify({ spec: { friendlyName: 'Acme 2' } });
    await cluster.kubectl('-n', 'acme', 'patch', 'trunk/acme', '--type=merge', '-p', patch);
    await see(['trunk/acme', 'InProgress', 'Progressing', 'trunk_changed']);
    operator = await cluster.startOperator();
    await see(['trunk/acme', 'Current', 'Healthy']);
  });

  it('Terminating while a finalizer holds it', async () => {
    await eventually('the finalizer', async () => {
      const { metadata } = await cluster.get('-n', 'acme', 'credentiallist/acme-users');
      return JSON.stringify(metadata['finalizers'] ?? []).includes('trunkline.dev/in-use');
    });
    await cluster.kubectl('-n', 'acme', 'delete', 'credentiallist/acme-users', '--wait=false');
    expect(kstatusOf(await cluster.get('-n', 'acme', 'credentiallist/acme-users'))).toBe('Terminating');
  });

  it('InProgress where an edge has lost its proxies, which Argo CD shows at the edge', async () => {
    await edge?.proxy.stop();
    await see(['edge/ashburn', 'InProgress', 'Degraded', 'edge_lost']);
    await cluster.awaitCondition('Ready', 'False NoProxy', '-n', 'acme', 'trunk/acme');
    await see(['trunk/acme', 'InProgress', 'Progressing']);
  });
});
