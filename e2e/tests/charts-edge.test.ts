// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireKubeTools, startKubeApiServer, type KubeApiServer } from '../src/kube-api-server.ts';
import { kubeToolOutput, renderChart, runKubeTool } from '../src/kube-commands.ts';
import { writeSchemas } from '../src/kube-schemas.ts';
import { startProgram } from '../src/index.ts';
import { FOREIGN_KINDS, previousRelease, runsRestricted, textOf, write } from './charts.fixture.ts';

const CHART = 'charts/trunkline-edge';
const EDGE = 'trunkline-edge-ashburn';
const SIP = {
  name: `system:serviceaccount:edge:${EDGE}-sip`,
  token: 'token-of-sip',
  groups: ['system:authenticated'],
};
const MEDIA = { ...SIP, name: `system:serviceaccount:edge:${EDGE}-media`, token: 'token-of-media' };

// Every step starts a program, on a machine that may be busy.
jest.setTimeout(120_000);

const suite = requireKubeTools('kube-apiserver', 'etcd', 'kubectl', 'helm', 'kubeconform')
  ? describe
  : describe.skip;

suite('charts/trunkline-edge on a real API server', () => {
  let api: KubeApiServer;
  const kubeconfigs: Record<string, string> = {};
  const as = (user: string) => ({ env: { KUBECONFIG: kubeconfigs[user] ?? '' } });
  const helm = (...args: string[]) => kubeToolOutput('helm', args, as('admin'));
  const kubectl = (...args: string[]) => kubeToolOutput('kubectl', args, as('admin'));
  const apply = (text: string, ...args: string[]) =>
    runKubeTool('kubectl', ['apply', '--server-side', '--validate=strict', ...args, '-f', '-'], {
      ...as('admin'),
      input: text,
    });
  const settings = [
    ...['--namespace', 'edge', '--set', 'operatorNamespace=trunkline-system', '--set', 'edge.name=ashburn'],
    ...['--set', 'edge.addresses={198.51.100.4}', '--set', 'externalAddress.from=annotation'],
  ];

  let before: Record<string, string> = {};
  /** What an upgrade changes, and what it must not. */
  const facts = async () => {
    const text = (...args: string[]) => kubectl('get', '--namespace=edge', ...args);
    return {
      secret: await text('secret', `${EDGE}-drachtio`, '-o', 'jsonpath={.data.secret}'),
      sip: await text('deployment', `${EDGE}-sip`, '-o', 'jsonpath={.metadata.uid}'),
      media: await text('daemonset', `${EDGE}-media`, '-o', 'jsonpath={.metadata.uid}'),
      edge: await text('edge', 'ashburn', '-o', 'jsonpath={.metadata.uid}'),
      redis: await text(
        ...['daemonset', `${EDGE}-media`, '-o'],
        'jsonpath={.spec.template.spec.initContainers[?(@.name=="redis")].name}',
      ),
      version: await text('deployment', `${EDGE}-sip`, '-o', 'jsonpath={.metadata.labels.helm\\.sh/chart}'),
    };
  };

  beforeAll(async () => {
    api = await startKubeApiServer({ users: [SIP, MEDIA] });
    kubeconfigs.admin = api.kubeconfig;
    kubeconfigs.sip = write('sip', api.kubeconfigFor(SIP));
    kubeconfigs.media = write('media', api.kubeconfigFor(MEDIA));
    await helm(
      ...['install', 'trunkline', 'charts/trunkline', '--namespace', 'trunkline-system'],
      ...['--create-namespace', '--set', 'baseDomain=example.com', '--set', 'admission.enabled=false'],
    );
    await apply(textOf(...FOREIGN_KINDS));
    await kubectl('create', 'namespace', 'trunkline-edge');
    await kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s');
    // All below is after an upgrade: from a release of the chart before, with other values.
    const previous = await previousRelease(CHART);
    await helm(
      ...['install', EDGE, previous, '--create-namespace', ...settings],
      ...['--set', 'sip.replicas=1', '--set', 'media.redis.enabled=false', '--set', 'sip.drainSeconds=60'],
    );
    before = await facts();
    await helm('upgrade', EDGE, CHART, ...settings, '--reset-values');
  }, 240_000);
  afterAll(async () => {
    await api.stop();
  }, 30_000);

  it.each(readdirSync(`${CHART}/ci`))(
    'is what the API server takes, with the values of %s',
    async (values) => {
      const objects = await renderChart(CHART, ['--values', `${CHART}/ci/${values}`], 'dry');
      const { exitCode, stderr } = await apply(textOf(...objects), '--dry-run=server', '--force-conflicts');
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    },
    60_000,
  );

  describe('kubeconform, with the schemas of this API server', () => {
    let schemas = '';
    beforeAll(async () => {
      schemas = writeSchemas(await kubectl('get', '--raw', '/openapi/v2'));
    }, 60_000);
    const conform = (text: string) =>
      runKubeTool('kubeconform', ['-strict', '-summary', '-output=json', '-schema-location', schemas], {
        input: text,
      });

    it.each(
      ['charts/trunkline', CHART].flatMap((chart) =>
        readdirSync(`${chart}/ci`).map((values): [string, string] => [chart, values]),
      ),
    )('finds nothing in %s with %s', async (chart, values) => {
      const objects = await renderChart(chart, ['--values', `${chart}/ci/${values}`]);
      const { exitCode, stdout } = await conform(textOf(...objects));
      expect(JSON.parse(stdout)).toMatchObject({
        resources: [],
        summary: { valid: objects.length, invalid: 0, errors: 0, skipped: 0 },
      });
      expect(exitCode).toBe(0);
    });

    it.each(['crds.yaml', 'trunkline.yaml', 'trunkline-edge.yaml'])(
      'finds nothing in the static %s, which the API server takes',
      async (file) => {
        const text = readFileSync(`deploy/static/${file}`, 'utf8');
        expect(JSON.parse((await conform(text)).stdout)).toMatchObject({
          resources: [],
          summary: { invalid: 0, errors: 0, skipped: 0 },
        });
        const { exitCode, stderr } = await apply(text, '--dry-run=server', '--force-conflicts');
        expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      },
    );

    it('finds what is wrong: a field that is none', async () => {
      const [first] = await renderChart(CHART, ['--set', 'edge.name=a']);
      const { exitCode, stdout } = await conform(textOf({ ...first, spek: {} }));
      expect(stdout).toContain('spek');
      expect(exitCode).toBe(1);
    });
  });

  it('makes an Edge, and both tiers', async () => {
    const edge = await kubectl('get', 'edge', 'ashburn', '-o', 'jsonpath={.spec.signalling.addresses}');
    expect(edge).toBe('["198.51.100.4"]');
    const kinds = await kubectl('get', 'deployment,daemonset', '--namespace=edge', '-o', 'name');
    expect(kinds.trim().split('\n').sort()).toEqual([
      `daemonset.apps/${EDGE}-media`,
      `deployment.apps/${EDGE}-sip`,
    ]);
  });

  it('has upgraded the release before, and kept its secret, which the running pods have', async () => {
    expect(Buffer.from(before.secret ?? '', 'base64').toString()).toMatch(/^[A-Za-z0-9]{40}$/);
    expect(before).toMatchObject({ redis: '', version: 'trunkline-edge-0.0.9' });
    expect(await facts()).toEqual({
      ...before,
      ...{ redis: 'redis', version: expect.not.stringContaining('0.0.9') },
    });
  });

  it('runs restricted pods behind a load balancer; on the network of nodes it needs a privileged namespace', async () => {
    const specOf = async (...args: string[]) => {
      const objects = await renderChart(CHART, ['--set', 'edge.name=a', ...args]);
      const found = objects.find(({ kind }) => kind === 'Deployment');
      return found?.spec.template.spec as object;
    };
    const env = as('admin').env;
    const balanced = await specOf('--set', 'sip.hostNetwork=false');
    expect(await runsRestricted(env, balanced)).toEqual({ exitCode: 0, stderr: '' });
    // Of all that the standard asks, that alone.
    const { stderr } = await runsRestricted(env, await specOf());
    expect(stderr).toContain('host namespaces (hostNetwork=true)');
    expect(stderr).not.toMatch(/runAsNonRoot|capabilities|seccompProfile|restricted volume/);
  });

  describe('accounts', () => {
    const may = async (user: string, verb: string, what: string, namespace: string) =>
      (
        await runKubeTool(
          'kubectl',
          ['auth', 'can-i', verb, ...what.split(' '), `--namespace=${namespace}`],
          as(user),
        )
      ).stdout.trim();

    it.each([
      ['watch configmaps', 'trunkline-system'],
      ['watch secrets', 'trunkline-system'],
      ['patch leases.coordination.k8s.io', 'trunkline-system'],
      ['delete leases.coordination.k8s.io', 'trunkline-system'],
    ])('of the SIP tier may %s in %s', async (action, namespace) => {
      const [verb = '', what = ''] = action.split(' ');
      expect(await may('sip', verb, what, namespace)).toBe('yes');
    });

    it.each([
      ['sip', 'patch configmaps', 'trunkline-system'],
      ['sip', 'watch secrets', 'edge'],
      ['sip', 'watch secrets', 'default'],
      ['sip', 'watch trunks.trunkline.dev', 'default'],
      ['sip', 'list nodes', 'edge'],
      ['media', 'watch configmaps', 'trunkline-system'],
      ['media', 'create leases.coordination.k8s.io', 'trunkline-system'],
    ])('of the %s tier may not %s in %s', async (user, action, namespace) => {
      const [verb = '', what = ''] = action.split(' ');
      expect(await may(user, verb, what, namespace)).toBe('no');
    });
  });

  describe('the external address', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tl-prepare-'));
    afterAll(() => {
      rmSync(folder, { recursive: true });
    });
    const prepare = async (user: string, from: string) => {
      const program = startProgram({
        command: process.execPath,
        args: [
          ...['deploy/src/prepare-edge.ts', '--out', folder, '--from', from, '--node', 'voice-1'],
          ...['--host-address', '10.0.0.11', '--kubeconfig', kubeconfigs[user] ?? ''],
        ],
      });
      const exitCode = await program.exited;
      const found = exitCode === 0 ? readFileSync(join(folder, 'external-address'), 'utf8') : undefined;
      return { exitCode, found, said: program.stderr };
    };

    beforeAll(async () => {
      const node = {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'voice-1', annotations: { 'trunkline.dev/external-address': '198.51.100.4' } },
      };
      await apply(textOf(node));
      const status = {
        ...node,
        metadata: { name: 'voice-1' },
        status: { addresses: [{ type: 'ExternalIP', address: '198.51.100.5' }] },
      };
      await apply(textOf(status), '--subresource=status');
    }, 30_000);

    it.each([
      ['annotation:trunkline.dev/external-address', '198.51.100.4'],
      ['node', '198.51.100.5'],
      ['value:203.0.113.9', '203.0.113.9'],
      ['host', '10.0.0.11'],
    ])('of %s is %s, with the rights of either tier', async (from, address) => {
      expect(await prepare('sip', from)).toMatchObject({ exitCode: 0, found: address });
      expect(await prepare('media', from)).toMatchObject({ exitCode: 0, found: address });
    });

    it.each([
      [
        'annotation:example.com/none',
        /Node voice-1 has no external address: set the annotation example\.com\/none/,
      ],
      ['value:here', /here is not an IP address: correct externalAddress\.value of the chart/],
      ['dhcp', /--from dhcp: expected value:ADDRESS, annotation:KEY, node or host/],
    ])('of %s is none, and it says what to do', async (from, says) => {
      const { exitCode, said } = await prepare('sip', from);
      expect(said).toMatch(says);
      expect(exitCode).toBe(1);
    });
  });

  it('goes without a trace', async () => {
    await helm('uninstall', EDGE, '--namespace=edge');
    const left = await kubectl(
      ...['get', 'all,secrets,configmaps,roles,edges.trunkline.dev', '--namespace=edge', '-o', 'name'],
    );
    expect(left.split('\n').filter((name) => name.includes('ashburn'))).toEqual([]);
  });
});
