// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { requireKubeTools } from '../src/kube-api-server.ts';
import {
  carrier,
  edge as edgeResource,
  eventually,
  outgoingCallerId,
  resource,
  trunk,
  type Resource,
} from '../src/index.ts';
import { Cluster, NAMESPACE, START_MS, type Edge } from './kubernetes.fixture.ts';

const claim = (name: string, pattern: string, trunkName?: string): Resource =>
  resource(
    'PhoneNumber',
    name,
    { match: { pattern }, ...(trunkName === undefined ? {} : { trunkRef: { name: trunkName } }) },
    'acme',
  );

const PASSWORD = 'Correct-Horse-7';

/** One of every kind, all good. */
const good: Resource[] = [
  carrier('pstn', [{ host: '192.0.2.10', port: 5060 }]),
  ...trunk('acme', {
    acl: ['203.0.113.7/32'],
    users: { pbx: PASSWORD },
    numbers: ['+15550100'],
    targets: ['sip:pbx.acme.example'],
    account: { rateDeckRef: { name: 'usual' } },
  }),
  outgoingCallerId('acme', '+15550199'),
  edgeResource('ashburn', 'us1'),
  resource('NumberPool', 'drama', {
    carrierRef: { name: 'pstn' },
    country: 'GB',
    numbers: ['+442079460001', '+442079460002'],
  }),
  resource('RateDeck', 'usual', {
    currency: 'USD',
    rates: [{ prefix: '+', direction: 'termination', perMinute: '0.01' }],
  }),
];

jest.setTimeout(START_MS);

(requireKubeTools('kube-apiserver', 'etcd', 'kubectl') ? describe : describe.skip)(
  'statuses on Kubernetes',
  () => {
    let cluster: Cluster;
    let edge: Edge | undefined;

    beforeAll(async () => {
      cluster = await Cluster.start();
      await cluster.startOperator();
      await cluster.applyResources(good);
    }, START_MS);

    afterAll(async () => {
      await edge?.stop();
      await cluster.stop();
    }, START_MS);

    const acme = (...what: string[]) => ['-n', 'acme', ...what];
    const messageOf = async (type: string, ...what: string[]) =>
      (await cluster.conditionOf(type, ...what))?.message ?? '';

    it('say that no proxy is alive, and of every edge since when', async () => {
      await cluster.awaitCondition('Programmed', 'False NoProxy', ...acme('trunk/acme'));
      // What comes first is the state while the lists had not been created.
      await cluster.awaitCondition('Ready', 'False NoProxy', ...acme('trunk/acme'));
      const { metadata } = await cluster.get('edge/ashburn');
      expect(await messageOf('Ready', ...acme('trunk/acme'))).toBe(
        `No proxy is alive. Start one, or look at its log. Edge ashburn has had no live proxy since ${String(metadata['creationTimestamp'])}.`,
      );
      expect(await cluster.condition('Accepted', ...acme('trunk/acme'))).toBe('True Accepted');
      await cluster.awaitCondition('Ready', 'False NoProxy', 'edge/ashburn');
    });

    it('are all Ready once the proxies of every edge have applied them', async () => {
      edge = await cluster.startEdge({ edge: 'ashburn', instance: 'ashburn-1' });
      await cluster.kubectl('-n', 'acme', 'wait', '--for=condition=Ready', '--timeout=60s', 'trunk/acme');
      for (const type of ['Accepted', 'ResolvedRefs', 'Programmed', 'Ready', 'Stalled=false']) {
        await cluster.kubectl(...acme('wait', `--for=condition=${type}`, '--timeout=60s', 'trunk/acme'));
      }
      await cluster.kubectl(
        ...acme('patch', 'ocid/n15550199', '--subresource=status', '--type=merge', '-p'),
        '{"status":{"verified":true}}',
      );
      const namespaced = [
        'ipaccesscontrollist',
        'credentiallist',
        'originationuri',
        'phonenumber',
        'outgoingcallerid',
      ];
      for (const kind of ['account', 'carrier', 'numberpool', 'ratedeck', 'edge', ...namespaced]) {
        await cluster.kubectl(...acme('wait', '--for=condition=Ready', '--timeout=60s', '--all', kind));
      }
      const found = await cluster.get('edge/ashburn');
      expect(found.status).toMatchObject({
        replicas: 1,
        programmedRevision: expect.stringMatching(/^[0-9a-f]{12}$/),
      });
      const { status } = await cluster.get(...acme('trunk/acme'));
      expect(status).toMatchObject({
        sid: expect.stringMatching(/^TK[0-9a-f]{32}$/),
        terminationUris: [
          'acme.pstn.example.com',
          'acme.pstn.ashburn.example.com',
          'acme.pstn.us1.example.com',
        ],
        numbers: 1,
        originationUris: 1,
        observedGeneration: 1,
      });
      // The administrator's word has stayed.
      expect((await cluster.get(...acme('ocid/n15550199'))).status).toMatchObject({ verified: true });
    });

    it.each<[string, Resource[], string, [type: string, state: string][]]>([
      [
        'a domain that another trunk has',
        [resource('Trunk', 'second', { termination: { domainName: 'acme' } }, 'acme')],
        'trunk/second',
        [
          ['Accepted', 'False DomainTaken'],
          ['Programmed', 'True Programmed'],
          ['Ready', 'False DomainTaken'],
          ['Stalled', 'True DomainTaken'],
        ],
      ],
      [
        'a list that does not exist',
        [
          resource(
            'Trunk',
            'listless',
            { termination: { domainName: 'listless', authentication: { credentialLists: ['none'] } } },
            'acme',
          ),
        ],
        'trunk/listless',
        [
          ['Accepted', 'True Accepted'],
          ['ResolvedRefs', 'False ListNotFound'],
          ['Ready', 'False ListNotFound'],
        ],
      ],
      [
        'a Secret that does not exist',
        [
          resource(
            'CredentialList',
            'secretless',
            { credentials: [{ username: 'a', passwordSecretRef: { name: 'none' } }] },
            'acme',
          ),
        ],
        'credentiallist/secretless',
        [['ResolvedRefs', 'False SecretNotFound']],
      ],
      [
        'no Account',
        [resource('Trunk', 'orphan', {}, 'nobody')],
        '-n nobody trunk/orphan',
        [['ResolvedRefs', 'False AccountNotFound']],
      ],
      [
        'a trunk that does not exist',
        [resource('OriginationUri', 'lost', { trunkRef: { name: 'none' }, sipUri: 'sip:a.example' }, 'acme')],
        'originationuri/lost',
        [['ResolvedRefs', 'False TrunkNotFound']],
      ],
      [
        'a caller id that nobody has verified',
        [outgoingCallerId('acme', '+15550198')],
        'outgoingcallerid/n15550198',
        [
          ['Accepted', 'True Accepted'],
          ['Ready', 'False NotVerified'],
        ],
      ],
      [
        'a number that somebody has',
        [resource('PhoneNumber', 'again', { number: '+15550100' }, 'acme')],
        'phonenumber/again',
        [['Accepted', 'False NumberTaken']],
      ],
      [
        'a suspended account',
        [...trunk('held', { account: { suspended: true } })],
        '-n held trunk/held',
        [['Ready', 'False AccountSuspended']],
      ],
      [
        'a namespace that another account has',
        [resource('Account', 'late', { namespace: 'acme', type: 'full' })],
        'account/late',
        [['Accepted', 'False NamespaceTaken']],
      ],
      [
        'a carrier without its Secret',
        [
          {
            ...carrier('secretless', [{ host: '192.0.2.20', port: 5060 }], { prefixes: ['+44'] }),
            ...{ spec: { credentialsSecretRef: { name: 'none', namespace: 'acme' } } },
          },
        ],
        'carrier/secretless',
        [['ResolvedRefs', 'False SecretNotFound']],
      ],
      [
        'a pool of no carrier',
        [resource('NumberPool', 'nobody', { carrierRef: { name: 'none' }, numbers: ['+15550190'] })],
        'numberpool/nobody',
        [['ResolvedRefs', 'False CarrierNotFound']],
      ],
      [
        'a region that means another edge',
        [edgeResource('dulles', 'us1')],
        'edge/dulles',
        [['Accepted', 'False RegionTaken']],
      ],
    ])('say so of %s', async (_, resources, what, states) => {
      await cluster.applyResources(resources);
      for (const [type, state] of states)
        await cluster.awaitCondition(type, state, ...acme(...what.split(' ')));
      const [first] = states;
      const found = await cluster.conditionOf(first?.[0] ?? '', ...acme(...what.split(' ')));
      expect(found).toMatchObject({ lastTransitionTime: expect.stringMatching(/^20.*Z$/) });
      for (const one of resources.filter(({ kind }) => kind === 'Edge' || kind === 'Account')) {
        await cluster.kubectl('delete', one.kind, one.metadata.name);
      }
    });

    it('follow a Secret that comes later, and one that is labelled', async () => {
      const list = acme('credentiallist/secretless');
      await cluster.kubectl(
        ...acme('create', 'secret', 'generic', 'none', `--from-literal=password=${PASSWORD}`),
      );
      await cluster.awaitCondition('Ready', 'True Ready', ...list);
      await cluster.kubectl(...acme('label', 'secret', 'none', 'trunkline.dev/credentials=true'));
      await cluster.kubectl(...acme('create', 'secret', 'generic', 'weak', '--from-literal=password=short'));
      await cluster.kubectl(
        ...acme('patch', 'secret', 'none', '--type=merge', '-p', '{"stringData":{"password":"weak"}}'),
      );
      await cluster.awaitCondition('Accepted', 'False WeakPassword', ...list);
      await cluster.kubectl(...acme('label', 'secret', 'none', 'trunkline.dev/credentials-'));
      await cluster.kubectl(
        ...acme('patch', 'secret', 'none', '--type=merge', '-p', `{"stringData":{"password":"${PASSWORD}"}}`),
      );
      await cluster.awaitCondition('Ready', 'True Ready', ...list);
    });

    it('bind numbers of a pool like volume claims, also when the trunk goes', async () => {
      await cluster.applyResources([
        ...trunk('shop', { namespace: 'acme', account: null }),
        claim('first', '+44207', 'shop'),
        claim('second', '+44207'),
      ]);
      await cluster.awaitCondition('Ready', 'True Ready', ...acme('pn/first'));
      await cluster.awaitCondition('Ready', 'True Ready', ...acme('pn/second'));
      const numberOf = async (name: string) =>
        (await cluster.get(...acme(`pn/${name}`))).status?.['number'] as string;
      const [first, second] = [await numberOf('first'), await numberOf('second')];
      expect([first, second].sort()).toEqual(['+442079460001', '+442079460002']);
      await cluster.applyResources([claim('third', '+44207')]);
      await cluster.awaitCondition('Accepted', 'False NoNumberFree', ...acme('pn/third'));

      await cluster.kubectl(...acme('delete', 'trunk', 'shop'));
      await cluster.awaitCondition('ResolvedRefs', 'False TrunkNotFound', ...acme('pn/first'));
      expect(await numberOf('first')).toBe(first);
      expect(await cluster.condition('Accepted', ...acme('pn/third'))).toBe('False NoNumberFree');

      await cluster.kubectl(...acme('delete', 'pn', 'second'));
      await cluster.awaitCondition('Ready', 'True Ready', ...acme('pn/third'));
      expect(await numberOf('third')).toBe(second);
      await eventually('the pool to count', async () => {
        const { status } = await cluster.get('numberpool/drama');
        return status?.['claimed'] === 2 && status['size'] === 2;
      });
    });

    it('keep a CredentialList that a trunk uses until the trunk lets go of it', async () => {
      const name = 'credentiallist/acme-users';
      await eventually('the finalizer', async () =>
        ((await cluster.get(...acme(name))).metadata['finalizers'] as string[] | undefined)?.includes(
          'trunkline.dev/in-use',
        ),
      );
      await cluster.kubectl(...acme('delete', name, '--wait=false'));
      await eventually('an event', async () =>
        (await cluster.kubectl(...acme('get', 'events', '-o', 'json'))).includes('"InUse"'),
      );
      expect(await cluster.condition('Ready', ...acme('trunk/acme'))).toBe('True Ready');
      expect((await cluster.get(...acme(name))).status).toMatchObject({ credentials: 1, trunks: 1 });
      const only = { termination: { authentication: { credentialLists: [] } } };
      await cluster.kubectl(
        ...acme('patch', 'trunk/acme', '--type=merge', '-p', JSON.stringify({ spec: only })),
      );
      await cluster.kubectl(...acme('wait', '--for=delete', name, '--timeout=60s'));
      await cluster.waitReady(...acme('trunk/acme'));
    });

    it('put a ConfigMap and a Secret back that somebody has changed or deleted', async () => {
      const shards = await cluster.list('-n', NAMESPACE, 'configmaps,secrets', '-l', 'trunkline.dev/shard');
      const routing = shards.find(
        ({ data, metadata }) => data?.['shard.json']?.includes('acme/acme') && metadata,
      )!;
      const secret = shards.find(
        ({ metadata }) => metadata['annotations'] && metadata.name !== 'trunkline-global',
      )!;
      const name = routing.metadata.name;
      const text = async (kind: string, of: string) =>
        (await cluster.tryKubectl('-n', NAMESPACE, 'get', kind, of, '-o', 'jsonpath={.data.shard\\.json}'))
          .stdout;
      const before = await text('configmap', name);
      const isBack = () =>
        eventually('the ConfigMap', async () => (await text('configmap', name)) === before);
      expect(before).toContain('acme/acme');
      await cluster.kubectl(
        '-n',
        NAMESPACE,
        'patch',
        'configmap',
        name,
        '--type=merge',
        '-p',
        '{"data":{"shard.json":"{"}}',
      );
      await isBack();
      await cluster.kubectl(
        '-n',
        NAMESPACE,
        'label',
        'configmap',
        name,
        'app.kubernetes.io/managed-by-',
        '--overwrite',
      );
      await eventually('the label', async () =>
        (await cluster.kubectl('-n', NAMESPACE, 'get', 'configmap', name, '--show-labels')).includes(
          'managed-by=trunkline-operator',
        ),
      );
      await cluster.kubectl('-n', NAMESPACE, 'delete', 'configmap', name);
      await isBack();
      expect(secret).toBeDefined();
      await cluster.kubectl(
        '-n',
        NAMESPACE,
        'delete',
        'secret',
        '-l',
        'app.kubernetes.io/managed-by=trunkline-operator',
      );
      await eventually('the Secrets', async () =>
        (
          await cluster.kubectl('-n', NAMESPACE, 'get', 'secrets', '-l', 'trunkline.dev/shard', '-o', 'name')
        ).includes('secret/'),
      );
      // A stray shard that no longer means anything goes.
      await cluster.kubectl(
        '-n',
        NAMESPACE,
        'create',
        'configmap',
        'trunkline-00',
        '--from-literal=shard.json={}',
      );
      await cluster.kubectl(
        '-n',
        NAMESPACE,
        'label',
        'configmap',
        'trunkline-00',
        'app.kubernetes.io/managed-by=trunkline-operator',
      );
      await cluster.kubectl(
        '-n',
        NAMESPACE,
        'wait',
        '--for=delete',
        'configmap/trunkline-00',
        '--timeout=60s',
      );
      await cluster.waitReady(...acme('trunk/acme'));
    });

    it('say which edge cannot be reached', async () => {
      await cluster.applyResources([edgeResource('dublin', 'ie1')]);
      await cluster.awaitCondition('Programmed', 'False EdgeUnreachable', ...acme('trunk/acme'));
      // At first it waits for the proxy of ashburn too.
      const dublinAlone = /^Edge dublin has had no live proxy since 20\d\d-.*Z\.$/;
      await eventually(String(dublinAlone), async () =>
        dublinAlone.test(await messageOf('Programmed', ...acme('trunk/acme'))),
      );
      await cluster.kubectl('delete', 'edge', 'dublin');
      await cluster.waitReady(...acme('trunk/acme'));
    });

    it('say so when the last proxy has ended', async () => {
      await edge?.proxy.stop();
      await cluster.awaitCondition('Ready', 'False NoProxy', 'edge/ashburn');
      await cluster.awaitCondition('Programmed', 'False NoProxy', ...acme('trunk/acme'));
      expect(await cluster.list('-n', NAMESPACE, 'leases')).toEqual([]);
    });
  },
);
