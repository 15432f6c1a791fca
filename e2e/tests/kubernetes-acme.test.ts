// SPDX-License-Identifier: Apache-2.0
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { requireKubeTools } from '../src/kube-api-server.ts';
import { sdp, SipPeer } from '../src/index.ts';
import { Cluster, EXAMPLES, START_MS, type Edge } from './kubernetes.fixture.ts';

const TRIES = 5;
const QUICK_MS = 1_000;
const auth = { username: 'pbx', password: 'Demo-Password-1' };

/** The example, with its carrier at a port that nobody else has. */
const exampleAt = (port: number): string => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-acme-'));
  cpSync(EXAMPLES, folder, { recursive: true });
  const file = join(folder, 'carrier.yaml');
  const text = readFileSync(file, 'utf8');
  expect(text).toContain('port: 5080');
  writeFileSync(file, text.replace('port: 5080', `port: ${port}`));
  return folder;
};

(requireKubeTools('kube-apiserver', 'etcd', 'kubectl') ? describe : describe.skip)(
  'examples/acme on Kubernetes',
  () => {
    let cluster: Cluster;
    let edge: Edge;
    let pstn: SipPeer;
    let pbx: SipPeer;
    let example: string;

    beforeAll(async () => {
      cluster = await Cluster.start();
      await cluster.startOperator('--leader-elect');
      edge = await cluster.startEdge();
      pstn = await SipPeer.open({ address: '127.0.0.2', name: 'pstn' });
      pstn.onInvite = async (call) => {
        await call.answer(sdp({ address: '127.0.0.2', port: 9 }));
      };
      pbx = await SipPeer.open({ address: '127.0.0.3', name: 'pbx', proxy: edge.sip });
      example = exampleAt(pstn.port);
    }, START_MS);

    afterAll(async () => {
      await Promise.all([pstn.close(), pbx.close()]);
      await edge.stop();
      await cluster.stop();
      rmSync(example, { recursive: true });
    }, START_MS);

    const call = (domain: string) =>
      pbx.invite({
        to: `sip:+442079460123@${domain}.pstn.example.com`,
        from: '+15550100',
        sdp: sdp({ address: '127.0.0.3', port: 9 }),
        auth,
      });

    it(
      'is applied, is Ready, and carries a call',
      async () => {
        await cluster.kubectl('apply', '-f', example);
        await cluster.waitReady('-n', 'acme', 'trunk/acme');
        const placed = call('acme');
        await placed.answered();
        expect((await placed.bye()).status).toBe(200);
      },
      START_MS,
    );

    it(
      'is called within a second of being applied',
      async () => {
        const took: number[] = [];
        for (let count = 0; count < TRIES && !took.some((ms) => ms < QUICK_MS); count += 1) {
          const name = `acme-${count}`;
          const manifest = readFileSync(join(example, 'trunk.yaml'), 'utf8')
            .replace('name: acme\n', `name: ${name}\n`)
            .replace('domainName: acme', `domainName: ${name}`);
          await cluster.apply(manifest);
          const applied = performance.now();
          await cluster.waitReady('-n', 'acme', `trunk/${name}`);
          const placed = call(name);
          await placed.answered();
          took.push(performance.now() - applied);
          await placed.bye();
        }
        expect(Math.min(...took)).toBeLessThan(QUICK_MS);
      },
      START_MS,
    );
  },
);
