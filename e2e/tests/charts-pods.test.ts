// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { openRecordStore } from '@trunkline/sip-proxy/records';
import { bundle } from '../../deploy/src/bundle.ts';
import { startWireServer, type WireServer } from '../../sip-proxy/src/records/wire-server.fixture.ts';
import {
  carrier,
  eventually,
  freePort,
  manifestText,
  mediaPortRange,
  requireProgram,
  sdp,
  SipPeer,
  trunk,
  type Program,
} from '../src/index.ts';
import { requireKubeTools, startKubeApiServer, type KubeApiServer } from '../src/kube-api-server.ts';
import { kubeToolOutput, manifestsIn, REPOSITORY } from '../src/kube-commands.ts';
import { LocalPod, type PodSpec } from './charts-pods.fixture.ts';
import { write } from './charts.fixture.ts';

const SYSTEM = 'trunkline-system';
const PASSWORD = 'Correct-Horse-1';
const EXTERNAL = '198.51.100.4';
const serviceAccount = (namespace: string, name: string) => ({
  name: `system:serviceaccount:${namespace}:${name}`,
  token: `token-of-${name}`,
  groups: ['system:serviceaccounts', 'system:authenticated'],
});
const OPERATOR = serviceAccount(SYSTEM, 'trunkline-operator');
const SIP = serviceAccount('edge', 'trunkline-edge-sip');
const MEDIA = serviceAccount('edge', 'trunkline-edge-media');

// Every step starts a program, on a machine that may be busy.
jest.setTimeout(120_000);

const there = requireKubeTools('kube-apiserver', 'etcd', 'kubectl', 'helm') && requireProgram('rtpengine');

/** Both charts are installed, and what their pods would run runs here, with the rights that the charts give. */
(there ? describe : describe.skip)('the pods of both charts', () => {
  const app = join(mkdtempSync(join(tmpdir(), 'tl-image-')), 'app');
  const pods: LocalPod[] = [];
  let api: KubeApiServer;
  let database: WireServer;
  let pbx: SipPeer;
  let pstn: SipPeer;
  let operator: LocalPod;
  let media: LocalPod;
  let sip: LocalPod;
  let proxy: Program;
  let records: Program;
  let sipPort = 0;
  const tool = (name: string, args: string[], input?: string) =>
    kubeToolOutput(name, args, {
      env: { KUBECONFIG: api.kubeconfig },
      ...(input !== undefined && { input }),
    });
  const kubectl = (...args: string[]) => tool('kubectl', args);

  const pod = async (spec: PodSpec, user: typeof SIP, fields: Record<string, string> = {}) => {
    const created = await LocalPod.create({
      ...{ spec, app, kubeconfig: write(user.token, api.kubeconfigFor(user)) },
      fields: {
        'status.podIP': '127.0.0.1',
        'spec.nodeName': 'voice-1',
        'metadata.name': 'pod-1',
        ...fields,
      },
      filesOf: async (kind, name) => {
        const { data } = JSON.parse(await kubectl('get', kind, name, '--namespace=edge', '-o', 'json')) as {
          data: Record<string, string>;
        };
        const text = (value: string) => (kind === 'secret' ? Buffer.from(value, 'base64').toString() : value);
        return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, text(value)]));
      },
    });
    pods.push(created);
    return created;
  };
  /** As the API server has it, with all defaults. */
  const specOf = async (kind: string, name: string, namespace: string): Promise<PodSpec> => {
    const text = await kubectl('get', kind, name, `--namespace=${namespace}`, '-o', 'json');
    return (JSON.parse(text) as { spec: { template: { spec: PodSpec } } }).spec.template.spec;
  };

  const install = async () => {
    const [operatorPort, metrics, admin, ng, cli, records] = await Promise.all(
      Array.from({ length: 6 }, () => freePort()),
    );
    sipPort = await freePort();
    const { min, max } = mediaPortRange(100);
    await tool('helm', [
      ...['install', 'trunkline', 'charts/trunkline', '--namespace', SYSTEM, '--create-namespace'],
      ...['--set', 'baseDomain=example.com', '--set', `metrics.port=${operatorPort}`],
    ]);
    await kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s');
    await tool('helm', [
      ...['install', 'trunkline-edge', 'charts/trunkline-edge', '--namespace', 'edge', '--create-namespace'],
      ...['--set', `edge.name=ashburn,edge.addresses={${EXTERNAL}},operatorNamespace=${SYSTEM}`],
      ...['--set', 'externalAddress.from=annotation,media.redis.enabled=false,sip.drainSeconds=600'],
      ...['--set', `sip.ports.sip=${sipPort},sip.ports.admin=${admin},sip.ports.metrics=${metrics}`],
      ...['--set', `sip.ports.records=${records},records.databaseSecret=database`],
      ...['--set', `media.ports.min=${min},media.ports.max=${max}`],
      ...['--set', `media.ports.ng=${ng},media.ports.cli=${cli}`],
    ]);
    const node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'voice-1', annotations: { 'trunkline.dev/external-address': EXTERNAL } },
    };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'database', namespace: 'edge' } };
    await tool('kubectl', ['apply', '-f', '-'], JSON.stringify(node));
    await tool(
      'kubectl',
      ['apply', '-f', '-'],
      JSON.stringify({ ...secret, stringData: { url: database.url } }),
    );
  };

  beforeAll(async () => {
    [api, database] = await Promise.all([
      startKubeApiServer({ users: [OPERATOR, SIP, MEDIA] }),
      startWireServer(),
      bundle(app),
    ]);
    await install();
    pstn = await SipPeer.open({ address: '127.0.0.2', name: 'pstn' });
    pstn.onInvite = async (call) => {
      await call.answer(sdp({ address: '127.0.0.2', port: 9 }));
    };
    pbx = await SipPeer.open({
      ...{ address: '127.0.0.3', name: 'pbx', proxy: { address: '127.0.0.1', port: sipPort } },
    });
  }, 300_000);
  afterAll(async () => {
    await Promise.all([pbx, pstn].map((peer) => peer.close()));
    await Promise.all(pods.map((one) => one.stop()));
    await database.close();
    await api.stop();
    rmSync(join(app, '..'), { recursive: true, force: true });
  }, 60_000);

  const call = () =>
    pbx.invite({
      ...{ to: 'sip:+442079460123@acme.pstn.example.com', from: '+15550100' },
      sdp: sdp({ address: '127.0.0.3', port: 9 }),
      auth: { username: 'pbx', password: PASSWORD },
    });

  it('start with the operator, which is probed', async () => {
    operator = await pod(await specOf('deployment', 'trunkline-operator', SYSTEM), OPERATOR, {
      'metadata.namespace': SYSTEM,
    });
    operator.start('operator');
    await operator.untilReady('operator');
  });

  it('go on with rtpengine, which shows the address of its node', async () => {
    media = await pod(await specOf('daemonset', 'trunkline-edge-media', 'edge'), MEDIA);
    expect(await media.start('prepare').exited).toBe(0);
    media.start('rtpengine');
    await media.untilReady('rtpengine');
  });

  it('and with drachtio and its proxy', async () => {
    sip = await pod(await specOf('deployment', 'trunkline-edge-sip', 'edge'), SIP);
    expect(await sip.start('prepare').exited).toBe(0);
    // drachtio's place, with what `prepare` was told.
    const { args = [] } = sip.container('prepare');
    const admin = args.find((arg) => arg.startsWith('--admin-port='))?.split('=')[1] ?? '';
    sip.startInstead('prepare', [
      ...[process.execPath, join(REPOSITORY, 'sip-engine/src/main.ts'), '--t1x64', '4000'],
      ...['--sip', `127.0.0.1:${sipPort}`, '--admin', `127.0.0.1:${admin}`],
      ...['--secret-file', '/etc/trunkline/drachtio/secret'],
    ]);
    records = sip.start('records');
    proxy = sip.start('sip-proxy');
    await sip.untilReady('sip-proxy');
    await sip.untilReady('drachtio');
    await sip.untilReady('records');
    await kubectl('wait', '--for=condition=Ready', 'edge/ashburn', '--timeout=60s');
  });

  it('pass `helm test`', async () => {
    const hooks = manifestsIn(await tool('helm', ['get', 'hooks', 'trunkline-edge', '--namespace', 'edge']));
    const test = hooks.find(({ kind }) => kind === 'Pod');
    const container = test?.spec.containers[0];
    // The name of the Service, which no DNS has here.
    const args = (container.args as string[]).map((arg) =>
      arg.replace(`trunkline-edge-sip.edge.svc:${sipPort}`, `127.0.0.1:${sipPort}`),
    );
    expect(args).not.toEqual(container.args);
    const tester = await pod({ containers: [{ ...container, args }] }, SIP);
    const program = tester.start('test-call', '--address=127.0.0.1');
    expect(await program.exited).toBe(0);
    expect(program.stdout).toMatch(/^ok: .* 404 .*cause=unknown-domain/);
  });

  it('carry a call through what was applied', async () => {
    const resources = [
      carrier('pstn', [{ host: pstn.address, port: pstn.port }]),
      ...trunk('acme', { acl: ['127.0.0.3/32'], users: { pbx: PASSWORD }, numbers: ['+15550100'] }),
    ];
    await kubectl('create', 'namespace', 'acme');
    await tool('kubectl', ['apply', '-f', '-'], manifestText(resources));
    await kubectl('wait', '--for=condition=Ready', 'trunk/acme', '--namespace=acme', '--timeout=60s');
    const placed = call();
    const { body } = await placed.answered();
    expect(body).toContain(`c=IN IP4 ${EXTERNAL}`);
    expect((await placed.bye()).status).toBe(200);
    const list = ['credentiallist', 'acme-users', '--namespace=acme', '-o'];
    await eventually('the finalizer of the list', async () =>
      (await kubectl('get', ...list, 'jsonpath={.metadata.finalizers}')).includes('trunkline.dev/in-use'),
    );
  });

  it('drain when they are taken away: a call goes on, new ones are refused, and then the proxy ends', async () => {
    const placed = call();
    await placed.answered();
    const { command } = sip.container('sip-proxy').lifecycle?.preStop.exec ?? { command: [] };
    const preStop = sip.exec('sip-proxy', [...command, `--pid=${proxy.pid}`]);
    await eventually(
      'the pod not to be ready',
      async () => !(await sip.probe('sip-proxy', 'readinessProbe')),
    );
    expect(await sip.probe('sip-proxy', 'livenessProbe')).toBe(true);
    expect((await call().final()).status).toBe(503);
    expect((await placed.bye()).status).toBe(200);
    expect(await preStop).toEqual({ exitCode: 0, said: '' });
    expect(await proxy.exited).toBe(0);
    // Then the kubelet ends the sidecars, of which one stores the last records.
    expect(await records.stop('SIGTERM', 30_000)).toBe(0);
    const store = await openRecordStore({ url: database.url });
    const stored = await store.list({});
    await store.close();
    expect(stored.map(({ outcomeCode }) => outcomeCode).sort()).toEqual([
      ...['answered', 'answered', 'draining', 'unknown-domain'],
    ]);
    // rtpengine has nothing left to wait for.
    const drain = media.container('rtpengine').lifecycle?.preStop.exec.command ?? [];
    expect(await media.exec('rtpengine', drain)).toMatchObject({ exitCode: 0 });
  });
});
