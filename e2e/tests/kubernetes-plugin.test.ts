// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { delimiter, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openRecordStore } from '@trunkline/sip-proxy/records';
import { sampleRecord } from '../../sip-proxy/src/records/record.fixture.ts';
import { startWireServer } from '../../sip-proxy/src/records/wire-server.fixture.ts';
import { requireKubeTools, type TokenUser } from '../src/kube-api-server.ts';
import {
  carrier,
  edge as edgeResource,
  eventually,
  manifestText,
  runTrunkline,
  trunk,
  type Resource,
} from '../src/index.ts';
import { runKubeTool } from '../src/kube-commands.ts';
import { Cluster, NAMESPACE, START_MS, type Edge } from './kubernetes.fixture.ts';
import { write } from './charts.fixture.ts';

const PLUGIN = dirname(fileURLToPath(new URL('../../cli/bin/kubectl-trunkline', import.meta.url)));

/** What docs/reference/kubectl-plugin.md says that each needs, and nothing else. */
const TENANT: TokenUser = { name: 'tenant', token: 'tenant-token', groups: ['system:authenticated'] };
const AUDITOR: TokenUser = { name: 'auditor', token: 'auditor-token', groups: ['system:authenticated'] };
const PROVIDER: TokenUser = { name: 'provider', token: 'provider-token', groups: ['system:authenticated'] };

const USERS = [TENANT, AUDITOR, PROVIDER];

const role = (name: string, namespace: string | undefined, rules: object[], user: TokenUser): Resource[] => {
  const kind = namespace === undefined ? 'ClusterRole' : 'Role';
  const metadata = { name, ...(namespace !== undefined && { namespace }) };
  const apiGroup = 'rbac.authorization.k8s.io';
  return [
    { apiVersion: `${apiGroup}/v1`, kind, metadata, ...{ rules } },
    {
      ...{ apiVersion: `${apiGroup}/v1`, kind: `${kind}Binding`, metadata },
      ...{ roleRef: { apiGroup, kind, name }, subjects: [{ apiGroup, kind: 'User', name: user.name }] },
    },
  ];
};
const TENANTS = ['trunks', 'phonenumbers', 'originationuris'];
const rights: Resource[] = [
  ...role('look', 'acme', [{ apiGroups: ['trunkline.dev'], resources: TENANTS, verbs: ['list'] }], TENANT),
  ...role(
    'look-everywhere',
    undefined,
    [{ apiGroups: ['trunkline.dev'], resources: [...TENANTS, 'edges'], verbs: ['list'] }],
    PROVIDER,
  ),
  ...role(
    'look-at-the-fleet',
    NAMESPACE,
    [
      { apiGroups: [''], resources: ['configmaps'], verbs: ['list'] },
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['list'] },
      { apiGroups: [''], resources: ['secrets'], resourceNames: ['records'], verbs: ['get'] },
    ],
    PROVIDER,
  ),
  ...role(
    'look-at-hashes',
    NAMESPACE,
    [{ apiGroups: [''], resources: ['configmaps', 'secrets'], verbs: ['list'] }],
    AUDITOR,
  ),
];

const resources: Resource[] = [
  carrier('pstn', [{ host: '192.0.2.10', port: 5060 }], { sources: ['192.0.2.0/28'] }),
  edgeResource('ashburn', 'us1'),
  ...trunk('acme', {
    acl: ['203.0.113.7/32'],
    users: { pbx: 'Correct-Horse-7' },
    numbers: ['+15550100', '+15550101'],
    targets: ['sip:127.0.0.1:9'],
  }),
  ...trunk('second', { namespace: 'acme', domainName: 'acme', account: null }),
  ...trunk('globex', { acl: ['203.0.113.8/32'] }),
];

jest.setTimeout(START_MS);

(requireKubeTools('kube-apiserver', 'etcd', 'kubectl') ? describe : describe.skip)(
  'kubectl trunkline',
  () => {
    let cluster: Cluster;
    let edge: Edge;
    const kubeconfigs: Record<string, string> = {};

    /** As kubectl finds a plugin: a program of that name on PATH. */
    const trunkline = (user: string, ...args: string[]) =>
      runKubeTool('kubectl', ['trunkline', ...args], {
        env: {
          PATH: `${PLUGIN}${delimiter}${process.env.PATH ?? ''}`,
          KUBECONFIG: kubeconfigs[user] ?? '',
          TRUNKLINE_NAMESPACE: NAMESPACE,
        },
      });
    const output = async (user: string, ...args: string[]) => {
      const { exitCode, stdout, stderr } = await trunkline(user, ...args);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      return stdout;
    };
    const cells = (text: string, first: string) =>
      text
        .split('\n')
        .find((line) => line.startsWith(`${first} `))
        ?.split(/ {2,}/);

    beforeAll(async () => {
      cluster = await Cluster.start({ users: USERS });
      kubeconfigs['admin'] = cluster.server.kubeconfig;
      for (const user of USERS)
        kubeconfigs[user.name] = write(`plugin-${user.name}`, cluster.server.kubeconfigFor(user));
      await cluster.startOperator();
      await cluster.applyResources(resources);
      await cluster.apply(manifestText(rights));
      edge = await cluster.startEdge({
        edge: 'ashburn',
        instance: 'ashburn-1',
        flags: ['--probe-interval', '1'],
      });
      await cluster.waitReady('-n', 'acme', 'trunk/acme');
      await cluster.waitReady('-n', 'globex', 'trunk/globex');
    }, START_MS);

    afterAll(async () => {
      await edge.stop();
      await cluster.stop();
    }, START_MS);

    it('is listed by kubectl, and has a help of its own', async () => {
      const { stdout } = await runKubeTool('kubectl', ['plugin', 'list'], {
        env: { PATH: `${PLUGIN}${delimiter}${process.env.PATH ?? ''}` },
      });
      expect(stdout).toContain('kubectl-trunkline');
      const help = await output('tenant', 'help');
      for (const name of ['trunks', 'edges', 'explain', 'calls', 'dns'])
        expect(help).toMatch(new RegExp(`^ {2}kubectl trunkline ${name} {2,}\\S`, 'm'));
    });

    describe('trunks', () => {
      it('tells a provider which edges have each trunk of the cluster', async () => {
        const text = await output('provider', 'trunks', '-A');
        expect(cells(text, 'acme/acme')?.slice(0, 6)).toEqual([
          ...['acme/acme', 'acme.pstn.example.com', 'yes', '1 of 1 edges', '+15550100 +1'],
          'sip:127.0.0.1:9',
        ]);
        expect(cells(text, 'globex/globex')?.slice(2, 4)).toEqual(['yes', '1 of 1 edges']);
        expect(cells(text, 'acme/second')?.slice(1, 3)).toEqual(['-', 'DomainTaken']);
        expect(text).toMatch(/^acme\/second: DomainTaken: .*Choose another domainName/m);
      });

      it('tells a tenant of the own namespace alone, by the conditions', async () => {
        const text = await output('tenant', 'trunks', '-n', 'acme');
        expect(cells(text, 'acme/acme')?.slice(2, 4)).toEqual(['yes', 'yes']);
        expect(text).not.toContain('globex');
        const { exitCode, stderr } = await trunkline('tenant', 'trunks', '-n', 'globex');
        expect(exitCode).toBe(1);
        expect(stderr).toMatch(
          /^kubectl trunkline trunks: \w+\.trunkline\.dev is forbidden: .*kubectl-plugin\.md lists the rights[^\n]*\n$/,
        );
      });

      it('tells that what a PBX is called at does not answer', async () => {
        await eventually(
          'the health of the PBX',
          async () => {
            const text = await output('tenant', 'trunks', '-n', 'acme');
            return (
              cells(text, 'acme/acme')?.[6] === 'down' &&
              /^acme\/acme: \S+ from ashburn is tried last/m.test(text)
            );
          },
          { timeoutMs: 90_000, everyMs: 2_000 },
        );
        const rows = JSON.parse(await output('tenant', 'trunks', '-n', 'acme', '--json')) as object[];
        expect(rows).toContainEqual(
          expect.objectContaining({
            trunk: 'acme/acme',
            numbers: ['+15550100', '+15550101'],
            health: [expect.objectContaining({ healthy: false })],
          }),
        );
      });
    });

    it('edges: who is alive and up to date', async () => {
      const text = await output('provider', 'edges');
      expect(cells(text, 'ashburn')).toEqual([
        ...['ashburn', 'ashburn', 'yes', '1'],
        expect.stringMatching(/^[0-9a-f]{12}$/),
        expect.stringMatching(/^\d+s ago$/),
      ]);
      expect(cells(text, 'ashburn-1')?.slice(1, 4)).toEqual(['ashburn', 'alive', 'as published']);
      const { stderr } = await trunkline('tenant', 'edges');
      expect(stderr).toMatch(/^kubectl trunkline edges: edges\.trunkline\.dev is forbidden/);
    });

    describe('explain', () => {
      const call = [
        ...['--to', 'sip:+442079460123@acme.pstn.example.com', '--from', '+15550100'],
        ...['--source', '203.0.113.7'],
      ];

      it('decides as the proxies would, by what is published', async () => {
        const text = await output('auditor', 'explain', ...call, '--user', 'pbx');
        expect(text).toMatch(/^carried\ntermination of trunk acme\/acme, account acme\n/);
        expect(text).toContain('192.0.2.10');
        const refused = await trunkline(
          'provider',
          'explain',
          ...call.slice(0, 4),
          '--source',
          '198.51.100.1',
        );
        expect(refused).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/^rejected: 403 /) });
        // Without the hashes it is known that a password is asked for, and no more.
        expect((await trunkline('provider', 'explain', ...call)).stdout).toMatch(/^challenged: 407 /);
        const user = await trunkline('provider', 'explain', ...call, '--user', 'pbx');
        expect(user.stderr).toMatch(/secrets is forbidden: .*lists the rights/);
      });

      it('knows a number at once that has just been given to the trunk', async () => {
        const incoming = [
          ...['--to', 'sip:+15550102@example.com', '--from', '+442079460123', '--source', '192.0.2.10'],
        ];
        expect((await trunkline('provider', 'explain', ...incoming)).exitCode).toBe(1);
        const spec = { number: '+15550102', trunkRef: { name: 'acme' } };
        const metadata = { name: 'later', namespace: 'acme' };
        await cluster.applyResources([
          { apiVersion: 'trunkline.dev/v1alpha1', kind: 'PhoneNumber', metadata, spec },
        ]);
        await eventually(
          'the number',
          async () => (await trunkline('provider', 'explain', ...incoming)).exitCode === 0,
          { timeoutMs: 60_000, everyMs: 500 },
        );
      });

      it('is what `trunkline explain --context` says too', async () => {
        const where = ['--kubeconfig', kubeconfigs['auditor'] ?? '', '--operator-namespace', NAMESPACE];
        const { stdout } = await runTrunkline([
          'explain',
          '--context',
          'test',
          ...where,
          ...call,
          '--user',
          'pbx',
        ]);
        expect(stdout).toMatch(/^carried\n/);
      });

      it('says where to look when nothing is published there', async () => {
        const { exitCode, stderr } = await trunkline(
          'admin',
          'explain',
          ...call,
          '--operator-namespace',
          'acme',
        );
        expect({ exitCode, stderr }).toEqual({
          exitCode: 1,
          stderr:
            'kubectl trunkline explain: the operator has published nothing in namespace acme: name its own with --operator-namespace\n',
        });
      });
    });

    describe('calls', () => {
      it('says where records are when no database is named', async () => {
        const { exitCode, stdout, stderr } = await trunkline('provider', 'calls');
        expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
        expect(stderr).toMatch(
          /^kubectl trunkline calls: name the database of call records: --database-secret NAME .* -c records\n$/,
        );
      });

      it('lists what is in the database that a Secret names, and one call with its ladder', async () => {
        const server = await startWireServer();
        try {
          const store = await openRecordStore({ url: server.url });
          const record = sampleRecord(1);
          await store.insertMany([record]);
          await store.close();
          await cluster.kubectl(
            ...[
              '-n',
              NAMESPACE,
              'create',
              'secret',
              'generic',
              'records',
              `--from-literal=url=${server.url}`,
            ],
          );
          const secret = ['--database-secret', 'records'];
          const text = await output('provider', 'calls', ...secret);
          expect(text.split('\n')[1]).toMatch(/^2026-01-05 12:00:01 {2}CA0000000100 .* answered$/);
          expect(await output('provider', 'calls', record.sid, ...secret)).toContain(
            'account acme is active',
          );
          expect(await output('provider', 'calls', '--database', server.url, '--number', '+4420')).toBe(
            'no calls\n',
          );
        } finally {
          await server.close();
        }
      });

      it('says what is wrong with the Secret, or with the database', async () => {
        const other = await trunkline('provider', 'calls', '--database-secret', 'others');
        expect(other.stderr).toMatch(/secrets "others" is forbidden/);
        const gone = await trunkline('admin', 'calls', '--database-secret', 'acme/others');
        expect(gone).toMatchObject({
          exitCode: 1,
          stderr: 'kubectl trunkline calls: there is no Secret acme/others\n',
        });
        const silent = await trunkline('provider', 'calls', '--database', 'postgres://127.0.0.1:1/records');
        expect(silent.exitCode).toBe(1);
        expect(silent.stderr).toMatch(/ECONNREFUSED|cannot be reached/);
      });
    });

    it('dns: the records of the edges', async () => {
      const zone = await output('provider', 'dns');
      expect(zone).toContain('*.pstn.ashburn.example.com. 600 IN A 192.0.2.1\n');
      expect(zone).toContain(
        '_sip._udp.pstn.example.com. 600 IN SRV 10 10 5060 sip.pstn.ashburn.example.com.\n',
      );
      const named = await output('provider', 'dns', '--names');
      expect(named).toContain('globex.pstn.us1.example.com. 600 IN A 192.0.2.1\n');
      expect(named).not.toContain('*');
    });

    it.each<[args: string[], exitCode: number, says: RegExp]>([
      [['trunks', '--contxt', 'x'], 2, /unknown flag --contxt/],
      [['trunks', '-n', 'a', '-A'], 2, /-n and -A: take one of them/],
      [['trunks', '--context'], 2, /--context needs a value/],
      [
        ['trunks', '--context', 'elsewhere'],
        1,
        /there is no context elsewhere in the kubeconfig: it has test/,
      ],
      [['trunks', '--kubeconfig', '/nonexistent'], 1, /the kubeconfig cannot be read: ENOENT/],
      [
        ['explain', '-f', '.', '--to', 'sip:a@b', '--from', '1', '--source', '127.0.0.1'],
        2,
        /-f is for `trunkline explain`/,
      ],
      [['trunk'], 2, /unknown command "trunk", did you mean trunks\?/],
    ])('%j: one line that says what to do', async (args, code, says) => {
      const { exitCode, stdout, stderr } = await trunkline('tenant', ...args);
      expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: '' });
      expect(stderr).toMatch(says);
      expect(stderr.trimEnd()).not.toContain('\n');
    });

    it('edges: who has fallen silent', async () => {
      await edge.proxy.stop('SIGKILL');
      await eventually(
        'silence',
        async () => cells(await output('provider', 'edges'), 'ashburn-1')?.[2] === 'silent',
        { timeoutMs: 90_000, everyMs: 2_000 },
      );
      const text = await output('provider', 'trunks', '-n', 'acme');
      expect(cells(text, 'acme/acme')?.[3]).toBe('0 of 1 edges');
    });
  },
);
