// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CallRecord } from '@trunkline/sip-proxy/records';
import {
  carrier,
  freePort,
  runSipp,
  startSipp,
  trunk,
  type IncomingCall,
  type OutgoingCall,
  type Resource,
  type Sipp,
  type SipPeer,
} from '../src/index.ts';
import { backends, domainOf, expectRefusal, offer, Stage, START_MS, STOP_MS } from './termination.fixture.ts';

const NUMBER = '+15550100';
const PBX = '127.0.8.1';
const HOST = '127.0.8.2';
const acl = [`${PBX}/32`];

/** What each carrier of the tests is for, and the number that leads to it. */
const SILENT_THEN_LIVE = '+442079460001';
const SILENT_ONLY = '+442079460002';
const ORDER = '+442079460003';
const REFUSED_TCP = '+442079460004';
const REFUSED_TCP_ONLY = '+442079460005';
const ANSWERS = '+442079460006';
const SLOW_RINGING = '+442079460007';
const WEIGHTS = '+442079460008';
const OFF = '+442079460009';
const TCP = '+442079460010';
const DEAD_UDP = '+442079460011';

/** No response at all for so long: the next gateway (DESIGN §4). */
const PATIENCE_MS = 4_000;

interface Cast {
  /** Hears everything and says nothing. */
  silent: SipPeer;
  live: SipPeer;
  spare: SipPeer;
  tcp: SipPeer;
  closed: number;
  heavy: Sipp;
  light: Sipp;
}

const place = ({ address, port }: { address: string; port: number }) => ({ host: address, port });
const resources = (cast: Cast): Resource[] => {
  const { silent, live, spare, tcp, closed, heavy, light } = cast;
  const closedTcp = { host: HOST, port: closed, transport: 'tcp' as const };
  const of = (name: string, number: string, gateways: Parameters<typeof carrier>[1]): Resource =>
    carrier(name, gateways, { prefixes: [number] });
  return [
    of('patient', SILENT_THEN_LIVE, [
      { ...place(live), priority: 20 },
      { ...place(silent), priority: 10 },
    ]),
    of('mute', SILENT_ONLY, [place(silent)]),
    of('order', ORDER, [
      { ...place(spare), priority: 30 },
      { ...place(live), priority: 20 },
      { ...place(silent), priority: 5, enabled: false },
    ]),
    of('refused', REFUSED_TCP, [
      { ...closedTcp, priority: 1 },
      { ...place(live), priority: 2 },
    ]),
    of('refused-only', REFUSED_TCP_ONLY, [closedTcp]),
    of('answers', ANSWERS, [
      { ...place(live), priority: 1 },
      { ...place(spare), priority: 2 },
    ]),
    of('slow', SLOW_RINGING, [
      { ...place(live), priority: 1 },
      { ...place(spare), priority: 2 },
    ]),
    of('weighted', WEIGHTS, [
      { ...place(heavy), weight: 75 },
      { ...place(light), weight: 25 },
    ]),
    of('off', OFF, [{ ...place(live), enabled: false }]),
    of('stream', TCP, [{ ...place(tcp), transport: 'tcp' }]),
    of('dead', DEAD_UDP, [
      { host: HOST, port: closed, priority: 1 },
      { ...place(live), priority: 2 },
    ]),
    ...trunk('acme', { acl, numbers: [NUMBER] }),
    ...trunk('keen', {
      namespace: 'acme',
      account: null,
      acl,
      spec: { failover: { finalCodes: ['503', '5xx'] } },
    }),
  ];
};

const outcomes = ({ attempts }: CallRecord): string[] =>
  attempts.map(({ target, outcome, status }) => `${target.split(':').at(-1) ?? ''} ${outcome} ${status}`);
const milliseconds = ({ attempts }: CallRecord, index: number): number => {
  const { startedAt = '', endedAt = '' } = attempts[index] ?? {};
  return Date.parse(endedAt) - Date.parse(startedAt);
};

/** Hunting over a carrier's gateways. */
describe.each(backends)('the hunt for a gateway, with %s media', (media) => {
  const stage = new Stage();
  let cast: Cast;
  let pbx: SipPeer;
  let silent: SipPeer;
  let live: SipPeer;
  let spare: SipPeer;

  beforeAll(async () => {
    [silent, live, spare] = [await stage.gateway(HOST), await stage.gateway(HOST), await stage.gateway(HOST)];
    silent.onInvite = undefined;
    cast = {
      silent,
      live,
      spare,
      tcp: await stage.gateway(HOST, { transport: 'tcp' }),
      closed: await freePort(HOST),
      heavy: await startSipp({ scenario: 'uas-answer', address: HOST, timeoutSeconds: 180 }),
      light: await startSipp({ scenario: 'uas-answer', address: HOST, timeoutSeconds: 180 }),
    };
    await stage.start(resources(cast), media);
    pbx = await stage.peer(PBX);
  }, START_MS);
  afterAll(async () => {
    await cast.heavy.stop();
    await cast.light.stop();
    await stage.close();
  }, STOP_MS);

  const call = (number: string, name = 'acme'): OutgoingCall =>
    pbx.invite({ to: `sip:${number}@${domainOf(name)}`, from: NUMBER, sdp: offer() });

  const refusing =
    (status: number, options: Parameters<IncomingCall['reject']>[1] = {}) =>
    async (incoming: IncomingCall): Promise<void> => {
      await incoming.reject(status, options);
    };

  /** How the gateway meets the next calls, until `test` is over. */
  const during = async (
    gateway: SipPeer,
    onInvite: SipPeer['onInvite'],
    test: () => Promise<void>,
  ): Promise<void> => {
    const before = gateway.onInvite;
    gateway.onInvite = onInvite;
    await test().finally(() => {
      gateway.onInvite = before;
    });
  };

  it('moves on after 4 s without any response, and ends with 408 after the last', async () => {
    const [patient, mute, slow] = [call(SILENT_THEN_LIVE), call(SILENT_ONLY), call(DEAD_UDP)];
    const [toLive, nowhere, fromDead] = await Promise.all([
      stage.carried(patient),
      mute.final().then(() => stage.up.record(mute.callId)),
      stage.carried(slow),
    ]);
    expect(outcomes(toLive)).toEqual([`${silent.port} next 0`, `${live.port} answered 200`]);
    expect(toLive.attempts[0]).toMatchObject({ error: 'no response in 4 s', reason: '' });
    expect(milliseconds(toLive, 0)).toBeGreaterThanOrEqual(PATIENCE_MS - 50);
    expect(milliseconds(toLive, 0)).toBeLessThan(PATIENCE_MS + 3_000);
    expectRefusal(await mute.final(), {
      line: '408 Request Timeout',
      code: 'all-targets-failed',
      check: '',
      text: 'no response',
    });
    expect(nowhere).toMatchObject({ status: 'no-answer', sipStatus: 408, outcomeCode: 'all-targets-failed' });
    expect(outcomes(nowhere)).toEqual([`${silent.port} next 0`]);
    expect(outcomes(fromDead)).toEqual([`${cast.closed} next 0`, `${live.port} answered 200`]);
    // The INVITE was repeated meanwhile (RFC 3261 §17.1.1.2), and is so no longer.
    const heard = silent.received('INVITE').filter(({ uri }) => uri.includes(SILENT_ONLY));
    expect(heard.length).toBeGreaterThan(1);
    expect(new Set(heard.map(({ branch }) => branch)).size).toBe(1);
  }, 40_000);

  it('waits for a gateway that has said 100 or rings, however slow it is', async () => {
    const answerLate = async (incoming: IncomingCall) => {
      incoming.respond(100);
      // Longer than the patience with silence.
      await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS + 1_000));
      incoming.ring();
      await incoming.answer(offer(HOST));
    };
    await during(live, answerLate, async () => {
      const placed = call(SLOW_RINGING);
      await placed.answered();
      await placed.bye();
      expect(outcomes(await stage.up.record(placed.callId))).toEqual([`${live.port} answered 200`]);
      expect(placed.responses.map(({ status }) => status)).toEqual([100, 180, 200]);
    });
  }, 40_000);

  it('goes by priority, whatever the order of the list, and leaves disabled gateways out', async () => {
    const heard = silent.received('INVITE').length;
    for (let round = 0; round < 5; round += 1)
      expect(outcomes(await stage.carried(call(ORDER)))).toEqual([`${live.port} answered 200`]);
    expect(silent.received('INVITE').length).toBe(heard);
    const final = await call(OFF).final();
    expectRefusal(final, {
      line: '404 Not Found',
      code: 'no-carrier',
      check: '',
      text: 'no enabled gateway',
    });
  });

  it('moves on at once from a gateway whose TCP port refuses', async () => {
    const record = await stage.carried(call(REFUSED_TCP));
    expect(outcomes(record)).toEqual([`${cast.closed} next 0`, `${live.port} answered 200`]);
    expect(record.attempts[0]?.error).toMatch(/^(connection refused|no connection)/);
    expect(milliseconds(record, 0)).toBeLessThan(2_000);
    const failed = call(REFUSED_TCP_ONLY);
    expectRefusal(await failed.final(), {
      line: '503 Service Unavailable',
      code: 'all-targets-failed',
      check: '',
      text: 'transport error',
    });
    expect(await stage.up.record(failed.callId)).toMatchObject({ status: 'failed', sipStatus: 503 });
  });

  it('reaches a gateway over TCP', async () => {
    const record = await stage.carried(call(TCP));
    const [invite] = cast.tcp.received('INVITE');
    expect(invite?.uri).toBe(`sip:${TCP}@${cast.tcp.hostPort};transport=tcp`);
    expect(invite?.header('Via')).toMatch(/^SIP\/2\.0\/TCP /);
    expect(record.attempts).toHaveLength(1);
  });

  const FINAL = [400, 404, 405, 410, 416, 482, 484, 486, 600, 603, 604];
  it.each(FINAL)('ends with %d of the first gateway', async (status) => {
    await during(live, refusing(status, { reason: 'As They Say' }), async () => {
      const placed = call(ANSWERS);
      expectRefusal(await placed.final(), {
        line: `${status} As They Say`,
        code: 'final-answer',
        check: '',
        text: `answered ${status}`,
      });
      const record = await stage.up.record(placed.callId);
      expect(outcomes(record)).toEqual([`${live.port} final ${status}`]);
      expect(record).toMatchObject({
        outcomeCode: 'final-answer',
        sipStatus: status,
        status: status === 486 || status === 600 ? 'busy' : 'failed',
      });
    });
  });

  it.each([300, 301, 403, 408, 480, 488, 500, 503, 504])('goes on after %d', async (status) => {
    await during(live, refusing(status), async () => {
      const record = await stage.carried(call(ANSWERS));
      expect(outcomes(record)).toEqual([`${live.port} next ${status}`, `${spare.port} answered 200`]);
    });
  });

  it('hands the last status on when all are used up', async () => {
    await during(live, refusing(500), () =>
      during(spare, refusing(480, { reason: 'Away', headers: { 'Retry-After': '30' } }), async () => {
        const placed = call(ANSWERS);
        const final = await placed.final();
        expectRefusal(final, {
          line: '480 Away',
          code: 'all-targets-failed',
          check: '',
          text: '480 Away',
        });
        expect(final.header('Retry-After')).toBe('30');
        const record = await stage.up.record(placed.callId);
        expect(outcomes(record)).toEqual([`${live.port} next 500`, `${spare.port} next 480`]);
        expect(record).toMatchObject({ status: 'no-answer', sipStatus: 480 });
      }),
    );
  });

  it.each([
    [503, 'final'],
    [500, 'final'],
    [404, 'next'],
    [603, 'next'],
  ] as const)('heeds finalCodes of the trunk: %d is %s', async (status, outcome) => {
    await during(live, refusing(status), async () => {
      const placed = call(ANSWERS, 'keen');
      const final = await placed.final();
      expect(final.status).toBe(outcome === 'final' ? status : 200);
      if (final.status === 200) await placed.bye();
      expect(outcomes(await stage.up.record(placed.callId))[0]).toBe(`${live.port} ${outcome} ${status}`);
    });
  });

  it('does not go on when the caller gives up', async () => {
    const heard = spare.received('INVITE').length;
    await during(
      live,
      (incoming) => {
        incoming.ring();
      },
      async () => {
        const placed = call(ANSWERS);
        await placed.response(180);
        expect((await placed.cancel()).status).toBe(200);
        expect((await placed.final()).status).toBe(487);
        const record = await stage.up.record(placed.callId);
        expect(record).toMatchObject({
          outcomeCode: 'caller-cancelled',
          status: 'canceled',
          hungUpBy: 'caller',
        });
        expect(outcomes(record)).toEqual([`${live.port} cancelled 487`]);
      },
    );
    expect(spare.received('INVITE').length).toBe(heard);
  });

  it('shares calls by weight within a priority, driven by SIPp', async () => {
    const calls = 160;
    const result = await runSipp({
      scenario: 'uac-plain',
      address: PBX,
      target: stage.up.sip,
      keys: { to: WEIGHTS, from: NUMBER, domain: domainOf('acme') },
      calls,
      rate: 40,
    });
    expect(result).toMatchObject({ exitCode: 0, successful: calls, failed: 0 });
    await stage.up.expectIdle();
    const records = await stage.up.calls({ number: WEIGHTS });
    expect(records).toHaveLength(calls);
    const toHeavy = records.filter(({ attempts }) => attempts[0]?.target.endsWith(`:${cast.heavy.port}`));
    // 120 expected, standard deviation 5.5: five of them are a chance of one in a million.
    expect(toHeavy.length).toBeGreaterThan(120 - 28);
    expect(toHeavy.length).toBeLessThan(120 + 28);
  }, 60_000);

  it('has nothing left to do', async () => {
    await stage.up.expectIdle();
  }, 30_000);
});
