// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireKubeTools, startKubeApiServer, type KubeApiServer } from '../src/kube-api-server.ts';
import { kubeToolOutput, renderChart, runKubeTool } from '../src/kube-commands.ts';
import { startProgram } from '../src/index.ts';
import { FOREIGN_KINDS, write, textOf } from './charts.fixture.ts';

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

const suite = requireKubeTools('kube-apiserver', 'etcd', 'kubectl', 'helm') ? describe : describe.skip;

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
    await kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s');
    await helm('install', EDGE, CHART, '--create-namespace', ...settings);
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

  it('makes an Edge, and both tiers', async () => {
    const edge = await kubectl('get', 'edge', 'ashburn', '-o', 'jsonpath={.spec.signalling.addresses}');
    expect(edge).toBe('["198.51.100.4"]');
    const kinds = await kubectl('get', 'deployment,daemonset', '--namespace=edge', '-o', 'name');
    expect(kinds.trim().split('\n').sort()).toEqual([
      `daemonset.apps/${EDGE}-media`,
      `deployment.apps/${EDGE}-sip`,
    ]);
  });

  it('keeps the secret of drachtio when it is upgraded', async () => {
    const secret = () =>
      kubectl('get', 'secret', `${EDGE}-drachtio`, '--namespace=edge', '-o', 'jsonpath={.data.secret}');
    const before = await secret();
    expect(Buffer.from(before, 'base64').toString()).toMatch(/^[A-Za-z0-9]{40}$/);
    await helm('upgrade', EDGE, CHART, ...settings, '--set', 'sip.replicas=3');
    expect(await secret()).toBe(before);
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
