// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from '@jest/globals';
import { createSipStack, type SipStack } from '../call/sip-stack.ts';
import { CALLED, CARRIER_ADDRESS, fixtureConfig, TERMINATION_HOST } from '../call/test-kit/edge-fixture.ts';
import { ENGINE_SECRET, startEngineProcess, type EngineProcess } from '../call/test-kit/engine-process.ts';
import { startRig, type Rig } from '../call/test-kit/rig.ts';
import { sdp, SipPeer } from '../call/test-kit/sip-peer.ts';
import { connectEngine, type EngineLink } from '../call/engine-link.ts';
import { probe } from './probe.ts';
import { TargetHealth } from './target-health.ts';
import type { Evidence } from './target-state.ts';

const failure: Evidence = { source: 'probe', result: 'failure', error: 'no response in 4 s' };
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

describe('what is known of targets', () => {
  it('tells of what goes down and comes back, and forgets what is gone', () => {
    const changes: unknown[] = [];
    const health = new TargetHealth({
      now: () => 7,
      onChange: (address, { healthy }, first) => changes.push([address, healthy, first]),
    });
    for (let i = 0; i < 4; i += 1) health.heard('udp/a', failure);
    health.heard('udp/a', { source: 'call', result: 'answer' });
    expect(changes).toEqual([
      ['udp/a', true, true],
      ['udp/a', false, false],
      ['udp/a', true, false],
    ]);
    health.keep(new Set());
    expect([...health.states]).toEqual([]);
  });
});

/** Timer B and F of this engine are 700 ms. */
describe('calls and health', () => {
  let rig: Rig;
  let pbx: SipPeer;
  let first: SipPeer;
  let second: SipPeer;

  beforeAll(async () => {
    rig = await startRig({ config: fixtureConfig({ gateways: [] }), t1x64: 700 });
  }, 30_000);
  afterAll(() => rig.stop());
  beforeEach(async () => {
    pbx = await SipPeer.open();
    first = await SipPeer.open(CARRIER_ADDRESS);
    second = await SipPeer.open(CARRIER_ADDRESS);
    rig.configure(fixtureConfig({ gateways: [first, second] }));
  });
  afterEach(() => {
    for (const peer of [pbx, first, second]) peer.close();
  });

  const addressOf = ({ address, port }: SipPeer) => `udp/${address}:${port}`;
  const call = () =>
    pbx.invite({ uri: `sip:${CALLED}@${TERMINATION_HOST}`, via: rig.engine.sip }, { body: sdp(10_000) });
  const refuse = async (peer: SipPeer, status = 486) => {
    const invite = await peer.next('INVITE');
    peer.answerer(invite).reply(invite, status, 'No');
    await peer.next('ACK');
  };
  const ended = async (caller: ReturnType<typeof call>, status = 486) => {
    caller.ack(await pbx.next(status));
    return rig.nextRecord();
  };

  it('three silent calls make a target the last one, which the record says; its first answer makes it the first', async () => {
    for (let i = 0; i < 3; i += 1) {
      const caller = call();
      await refuse(second);
      const record = await ended(caller);
      expect(record.attempts).toHaveLength(2);
      expect(record.warnings).toEqual([]);
    }
    expect(rig.health.states.get(addressOf(first))).toMatchObject({
      healthy: false,
      lastError: 'no response in 4 s',
    });
    expect(rig.health.states.get(addressOf(second))).toMatchObject({ healthy: true });

    const fourth = call();
    // Still tried, but last; and any answer is a sign of life.
    await refuse(second, 500);
    first.untaken.length = 0;
    await refuse(first, 500);
    const record = await ended(fourth, 500);
    const note = `tried last: carrier/pstn/${first.address}:${first.port} (no response in 4 s)`;
    expect(record.trace.at(-1)).toEqual({ check: 'target-health', result: 'warn', detail: note });
    expect(record.warnings).toEqual([note]);
    expect(rig.health.states.get(addressOf(first))).toMatchObject({ healthy: true });

    const fifth = call();
    await refuse(first);
    expect(await ended(fifth)).toMatchObject({ warnings: [] });
  }, 30_000);

  it('a call that its caller gave up says nothing of the target', async () => {
    const caller = call();
    await first.next('INVITE');
    await pbx.next(100);
    caller.cancel();
    const record = rig.nextRecord();
    caller.ack(await pbx.next(487));
    await record;
    expect(rig.health.states.get(addressOf(first))).toBeUndefined();
  }, 60_000);
});

describe('a probe', () => {
  let engine: EngineProcess;
  let stack: SipStack;
  let link: EngineLink;
  let peer: SipPeer;

  beforeAll(async () => {
    engine = await startEngineProcess({ t1x64: 700 });
    stack = createSipStack();
    link = connectEngine({
      stack,
      engine: { ...engine.admin, secret: ENGINE_SECRET },
      log,
      onConnected: () => undefined,
      onLost: () => undefined,
    });
    await link.ready;
    peer = await SipPeer.open(CARRIER_ADDRESS);
  }, 30_000);
  afterAll(async () => {
    peer.close();
    link.close();
    await engine.stop();
  });

  const asked = () => probe(stack, { host: peer.address, port: peer.port, transport: 'udp' });
  const answered = async (status: number, reason: string) => {
    const evidence = asked();
    const options = await peer.next('OPTIONS');
    peer.answerer(options).reply(options, status, reason);
    return evidence;
  };

  it.each([200, 404, 405, 483, 500])('that is answered %i has found somebody', async (status) => {
    expect(await answered(status, 'Whatever')).toEqual({ source: 'probe', result: 'answer' });
  });

  it.each([408, 503])('that is answered %i has failed', async (status) => {
    expect(await answered(status, 'No')).toEqual({
      source: 'probe',
      result: 'failure',
      error: `${status} No to OPTIONS`,
    });
  });

  it('fails where nothing comes, where nobody listens, and where there is no such name', async () => {
    const silent = asked();
    await peer.next('OPTIONS');
    expect(await silent).toMatchObject({ result: 'failure', error: 'no response in 4 s' });
    const closed = await SipPeer.open(CARRIER_ADDRESS);
    closed.close();
    const refused = probe(stack, { host: CARRIER_ADDRESS, port: closed.port, transport: 'tcp' });
    expect(await refused).toMatchObject({ result: 'failure', error: expect.stringMatching(/refused/i) });
    const unknown = probe(stack, { host: 'no-such-host.invalid', transport: 'udp' });
    expect(await unknown).toMatchObject({
      result: 'failure',
      error: expect.stringMatching(/DNS|no-such-host/),
    });
  }, 20_000);
});
