// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createRtpPeer, type RtpPeer } from '@trunkline/media-relay/testing';
import { bundle } from '../../deploy/src/bundle.ts';
import { freePort, mediaPortRange, ngCalls, ngRequest, requireProgram, type Program } from '../src/index.ts';
import { requireKubeTools } from '../src/kube-api-server.ts';
import { renderChart } from '../src/kube-commands.ts';
import { LocalPod } from './charts-pods.fixture.ts';

// Every step starts a program, on a machine that may be busy.
jest.setTimeout(120_000);

const programs = ['rtpengine', 'redis-server'].map(requireProgram);
const there = requireKubeTools('helm') && !programs.includes(false);

(there ? describe : describe.skip)('the pod of the media tier', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-media-pod-'));
  const peers: RtpPeer[] = [];
  let pod: LocalPod;
  let rtpengine: Program;
  let ng = { address: '127.0.0.1', port: 0 };

  beforeAll(async () => {
    ng = { ...ng, port: await freePort() };
    const { min, max } = mediaPortRange(40);
    const [cli, redis] = [await freePort(), await freePort()];
    const objects = await renderChart('charts/trunkline-edge', [
      ...['--set', 'edge.name=a,externalAddress.from=value,externalAddress.value=127.0.0.1'],
      ...['--set', `media.ports.min=${min},media.ports.max=${max},media.ports.ng=${ng.port}`],
      ...['--set', `media.ports.cli=${cli},media.ports.redis=${redis}`],
    ]);
    const app = join(folder, 'app');
    await bundle(app);
    pod = await LocalPod.create({
      spec: objects.find(({ kind }) => kind === 'DaemonSet')?.spec.template.spec,
      fields: { 'status.podIP': '127.0.0.1', 'spec.nodeName': 'voice-1' },
      ...{ app, kubeconfig: '', filesOf: () => Promise.resolve({}) },
      programs: { 'valkey-server': 'redis-server', 'valkey-cli': 'redis-cli' },
    });
  }, 120_000);
  afterAll(async () => {
    await Promise.all(peers.map((peer) => peer.close()));
    await pod.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 30_000);

  const startRtpengine = async () => {
    rtpengine = pod.start('rtpengine');
    await pod.untilReady('rtpengine');
  };
  const open = async (frequencyHz: number) => {
    const peer = await createRtpPeer({ frequencyHz });
    peers.push(peer);
    return peer;
  };

  it('starts: the address, Redis, rtpengine', async () => {
    expect(await pod.start('prepare').exited).toBe(0);
    pod.start('redis');
    await pod.untilReady('redis');
    await startRtpengine();
  });

  it('has its calls again when rtpengine was killed: both sides hear each other as before', async () => {
    const [caller, callee] = [await open(440), await open(800)];
    const call = { 'call-id': 'kept', 'from-tag': 'a' };
    const offered = await ngRequest(ng, { command: 'offer', ...call, sdp: caller.sdp() });
    const answered = await ngRequest(ng, { command: 'answer', ...call, 'to-tag': 'b', sdp: callee.sdp() });
    callee.start(String(offered?.sdp));
    caller.start(String(answered?.sdp));
    await Promise.all([caller.hears(25, 20_000), callee.hears(25, 20_000)]);

    expect(await rtpengine.stop('SIGKILL')).toBe(137);
    await startRtpengine();
    expect(await ngCalls(ng)).toBe(1);
    await Promise.all([caller.hears(50, 20_000), callee.hears(50, 20_000)]);
    expect(Math.abs(callee.tone().frequencyHz - 440)).toBeLessThan(20);
    expect(Math.abs(caller.tone().frequencyHz - 800)).toBeLessThan(20);
    await ngRequest(ng, { command: 'delete', ...call, 'delete-delay': 0 });
    expect(await ngCalls(ng)).toBe(0);
  });

  it('goes on without Redis', async () => {
    await pod.exec('redis', [
      ...(pod.container('redis').startupProbe?.exec?.command ?? []).slice(0, -1),
      'shutdown',
      'nosave',
    ]);
    const peer = await open(440);
    const answer = await ngRequest(ng, {
      ...{ command: 'offer', 'call-id': 'new', 'from-tag': 'a', sdp: peer.sdp() },
    });
    expect(answer).toMatchObject({ result: 'ok' });
    await rtpengine.stop('SIGKILL');
    await startRtpengine();
  });
});
