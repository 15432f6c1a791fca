// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  carrier,
  eventually,
  freePort,
  sdp,
  SipPeer,
  startTrunkline,
  trunk,
  type PeerMessage,
  type Trunkline,
} from '../src/index.ts';

/** OPTIONS once a second; a gateway that is silent is found out after 3 x 4 s. */
describe('a gateway that does not answer, and a PBX that is not there', () => {
  let up: Trunkline;
  let pbx: SipPeer;
  let silent: SipPeer;
  let good: SipPeer;
  let absent: number;

  beforeAll(async () => {
    pbx = await SipPeer.open({ address: '127.0.0.3', name: 'pbx' });
    silent = await SipPeer.open({ address: '127.0.0.2' });
    good = await SipPeer.open({ address: '127.0.0.4' });
    absent = await freePort('127.0.0.3');
    silent.tamper = () => 'drop';
    good.onInvite = (call) => void call.answer(sdp({ address: good.address, port: 9 }));
    silent.onInvite = good.onInvite;
    up = await startTrunkline({
      probeInterval: 1,
      manifests: [
        ...trunk('acme', {
          acl: ['127.0.0.3/32'],
          numbers: ['+15550100'],
          targets: [pbx.uri, `sip:127.0.0.3:${absent};transport=tcp`],
        }),
        carrier('pstn', [
          { host: silent.address, port: silent.port, priority: 1 },
          { host: good.address, port: good.port, priority: 2 },
        ]),
      ],
    });
  }, 90_000);

  afterAll(async () => {
    await up.stop();
    for (const peer of [pbx, silent, good]) await peer.close();
  }, 40_000);

  /** `trunkline_proxy_target_up` by target. */
  const targets = async (): Promise<Record<string, string>> => {
    const page = await (await fetch(up.metricsUrl)).text();
    const lines = [...page.matchAll(/^trunkline_proxy_target_up\{.*?target="([^"]+)".*\} (\d)$/gm)];
    return Object.fromEntries(lines.map(([, target = '', value = '']) => [target, value]));
  };
  const isUp = (target: string, value: '0' | '1') =>
    eventually(`${target} to be ${value}`, async () => (await targets())[target] === value, {
      timeoutMs: 40_000,
    });
  const talk = async () => {
    const call = pbx.invite({
      to: 'sip:+442079460123@acme.pstn.example.com',
      from: '+15550100',
      proxy: up.sip,
      sdp: sdp({ address: pbx.address, port: 9 }),
    });
    await call.answered();
    await call.bye();
    return up.record(call.callId);
  };

  it('is tried last while it does not answer, is shown, and comes back', async () => {
    const gateway = `udp/${silent.hostPort}`;
    await isUp(gateway, '0');
    await isUp(`tcp/127.0.0.3:${absent}`, '0');
    expect(await targets()).toMatchObject({ [`udp/${good.hostPort}`]: '1', [`udp/${pbx.hostPort}`]: '1' });

    const note = `tried last: carrier/pstn/${silent.hostPort} (no response in 4 s)`;
    expect(await talk()).toMatchObject({
      attempts: [{ target: `carrier/pstn/${good.hostPort}`, outcome: 'answered' }],
      warnings: [note],
      trace: expect.arrayContaining([{ check: 'target-health', result: 'warn', detail: note }]),
    });

    const shown = await eventually('both to be shown', async () => {
      const all = await up.run('trunks', '-f', up.manifestDir, '--data', up.dataDir);
      return all.stdout.includes('carrier pstn') && all.stdout.includes('1 of 2 up') ? all : undefined;
    });
    expect(shown).toMatchObject({ exitCode: 0, stderr: '' });
    expect(shown.stdout).toMatch(/ACCEPTED {2}REFS {2}HEALTH$/m);
    expect(shown.stdout).toMatch(
      new RegExp(`^acme/acme: tcp/127\\.0\\.0\\.3:${absent} is tried last since [\\dT:-]+Z: .*refused`, 'm'),
    );
    expect(shown.stdout).toMatch(
      new RegExp(`^carrier pstn: ${gateway} is tried last since [\\dT:-]+Z: no response in 4 s$`, 'm'),
    );

    silent.tamper = undefined;
    await isUp(gateway, '1');
    expect(await talk()).toMatchObject({
      attempts: [{ target: `carrier/pstn/${silent.hostPort}`, outcome: 'answered' }],
      warnings: [],
    });
    const options = (message: PeerMessage) => message.method === 'OPTIONS';
    expect(await silent.waitFor(options)).toMatchObject({ uri: `sip:${silent.hostPort}` });
    await up.expectIdle(20_000);
  }, 120_000);
});
