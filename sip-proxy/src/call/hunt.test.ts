// SPDX-License-Identifier: Apache-2.0
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CALLED, CARRIER_ADDRESS, fixtureConfig, TERMINATION_HOST } from './test-kit/edge-fixture.ts';
import { expectNothingLeft } from './test-kit/call-stage.ts';
import { startRig, type Rig } from './test-kit/rig.ts';
import { header, sdp, SipPeer, type PeerCall, type PeerMessage } from './test-kit/sip-peer.ts';

// A peer that waits in vain says so first.
jest.setTimeout(20_000);

/** Hunting on short timers: timer B is 700 ms, and a target may ring for 2 s. */
describe('hunting', () => {
  let rig: Rig;
  let pbx: SipPeer;
  let first: SipPeer;
  let second: SipPeer;

  beforeAll(async () => {
    rig = await startRig({ config: fixtureConfig({ gateways: [] }), t1x64: 700, ringLimitMs: 2_000 });
  }, 30_000);
  afterAll(() => rig.stop());
  beforeEach(async () => {
    pbx = await SipPeer.open();
    first = await SipPeer.open(CARRIER_ADDRESS);
    second = await SipPeer.open(CARRIER_ADDRESS);
    rig.media.steps.length = 0;
    rig.configure(fixtureConfig({ gateways: [first, second] }));
  });
  afterEach(async () => {
    for (const peer of [pbx, first, second]) peer.close();
    await expectNothingLeft(rig);
  });

  const call = () =>
    pbx.invite({ uri: `sip:${CALLED}@${TERMINATION_HOST}`, via: rig.engine.sip }, { body: sdp(10_000) });

  const refuse = async (peer: SipPeer, status: number, headers: Record<string, string> = {}) => {
    const invite = await peer.next('INVITE');
    peer.answerer(invite).reply(invite, status, 'No', { headers });
    await peer.next('ACK');
  };

  const talk = async (caller: PeerCall, peer: SipPeer, invite: PeerMessage) => {
    const callee = peer.answerer(invite);
    callee.reply(invite, 200, 'OK', { body: sdp(20_000) });
    const ok = await pbx.next(200);
    caller.ack(ok);
    await peer.next('ACK');
    caller.request('BYE');
    callee.reply(await peer.next('BYE'), 200, 'OK');
    await pbx.next(200);
    return ok;
  };

  it.each([403, 408, 480, 488, 500, 503, 504])('goes on after %i', async (status) => {
    const caller = call();
    await refuse(first, status);
    await talk(caller, second, await second.next('INVITE'));
    const record = await rig.nextRecord();
    expect(record.outcomeCode).toBe('answered');
    expect(record.attempts).toMatchObject([
      { status, outcome: 'next' },
      { status: 200, outcome: 'answered' },
    ]);
  });

  it.each([400, 404, 405, 410, 416, 482, 484, 486, 600, 603])('ends with %i', async (status) => {
    const caller = call();
    await refuse(first, status, { Reason: 'Q.850;cause=17' });
    const answer = await pbx.next(status);
    caller.ack(answer);
    expect(header(answer, 'reason')).toMatch(/^Trunkline;cause=final-answer;text=".+", Q\.850;cause=17$/);
    const record = await rig.nextRecord();
    expect(record).toMatchObject({ outcomeCode: 'final-answer', sipStatus: status });
    expect(record.attempts).toHaveLength(1);
    expect(second.untaken).toEqual([]);
  });

  it('goes on when a target is silent', async () => {
    const caller = call();
    await first.next('INVITE');
    await talk(caller, second, await second.next('INVITE'));
    const record = await rig.nextRecord();
    expect(record.attempts[0]).toMatchObject({ status: 0, outcome: 'next', error: 'no response in 4 s' });
  });

  it('waits for a target that has said 100, however slowly it rings', async () => {
    const caller = call();
    const invite = await first.next('INVITE');
    first.answerer(invite).reply(invite, 100, 'Trying');
    // The ring limit of this rig ends it; timer B would have by then in the other case.
    const cancel = await first.next('CANCEL');
    const callee = first.answerer(invite);
    callee.reply(cancel, 200, 'OK');
    callee.reply(invite, 487, 'Request Terminated');
    const answer = await pbx.next(480);
    caller.ack(answer);
    expect(header(answer, 'reason')).toContain('cause=no-answer');
    expect(await rig.nextRecord()).toMatchObject({
      status: 'no-answer',
      outcomeCode: 'no-answer',
      sipStatus: 480,
    });
  });

  it('goes on at once where a target cannot be reached', async () => {
    rig.configure(fixtureConfig({ gateways: [{ address: 'no-such-host.invalid', port: 5060 }, second] }));
    const caller = call();
    await talk(caller, second, await second.next('INVITE'));
    const record = await rig.nextRecord();
    expect(record.attempts[0]).toMatchObject({ status: 0, outcome: 'next' });
    expect(record.attempts[0]?.error).toMatch(/DNS|no-such-host/);
  });

  it('gives the last status when all targets are used up', async () => {
    const caller = call();
    await refuse(first, 500);
    await refuse(second, 503);
    const answer = await pbx.next(503);
    caller.ack(answer);
    expect(header(answer, 'reason')).toContain('cause=all-targets-failed');
    expect(await rig.nextRecord()).toMatchObject({
      outcomeCode: 'all-targets-failed',
      sipStatus: 503,
      status: 'failed',
    });
  });

  it('gives 408 when no target has said anything', async () => {
    const caller = call();
    await first.next('INVITE');
    await second.next('INVITE');
    caller.ack(await pbx.next(408));
    expect(await rig.nextRecord()).toMatchObject({ outcomeCode: 'all-targets-failed', sipStatus: 408 });
  });

  it('does not pass a challenge of a target on to the caller', async () => {
    const caller = call();
    await refuse(first, 407, { 'Proxy-Authenticate': 'Digest realm="x", nonce="y"' });
    await refuse(second, 401, { 'WWW-Authenticate': 'Digest realm="x", nonce="y"' });
    caller.ack(await pbx.next(503));
    expect(await rig.nextRecord()).toMatchObject({ outcomeCode: 'all-targets-failed', sipStatus: 503 });
  });

  it('relays early media, and the next target’s after a failure, within one dialog', async () => {
    const caller = call();
    const invite = await first.next('INVITE');
    const one = first.answerer(invite);
    one.reply(invite, 183, 'Session Progress', { body: sdp(20_000) });
    const early = await pbx.next(183);
    one.reply(invite, 503, 'Service Unavailable');
    await first.next('ACK');
    const again = await second.next('INVITE');
    second.answerer(again).reply(again, 180, 'Ringing');
    const ringing = await pbx.next(180);
    const ok = await talk(caller, second, again);
    expect(early.body).toContain('m=audio 20000');
    expect(early.body).toContain('a=x-relayed:answer-callee');
    expect(ringing.body).toBe('');
    expect(new Set([early, ringing, ok].map((answer) => header(answer, 'to'))).size).toBe(1);
    expect(rig.media.steps).toEqual(['offer caller', 'answer callee', 'answer callee', 'close']);
    expect(await rig.nextRecord()).toMatchObject({ outcomeCode: 'answered' });
  });

  it('asks the media once for the same answer in 183 and 200', async () => {
    const caller = call();
    const invite = await first.next('INVITE');
    first.answerer(invite).reply(invite, 183, 'Session Progress', { body: sdp(20_000) });
    const early = await pbx.next(183);
    const ok = await talk(caller, first, invite);
    expect(ok.body).toBe(early.body);
    expect(rig.media.steps).toEqual(['offer caller', 'answer callee', 'close']);
    await rig.nextRecord();
  });

  it('hangs up a target that answers without SDP and goes on', async () => {
    const caller = call();
    const invite = await first.next('INVITE');
    const one = first.answerer(invite);
    one.reply(invite, 200, 'OK');
    await first.next('ACK');
    one.reply(await first.next('BYE'), 200, 'OK');
    await talk(caller, second, await second.next('INVITE'));
    const record = await rig.nextRecord();
    expect(record.attempts[0]).toMatchObject({ outcome: 'next', error: 'answered without SDP' });
  });

  it('answers a carrier’s challenge with the carrier’s credentials', async () => {
    rig.configure(
      fixtureConfig({
        gateways: [first],
        hasCarrierCredentials: true,
        secrets: [
          {
            version: 1,
            shard: 'global',
            revision: 'r',
            credentialLists: {},
            carriers: { pstn: { username: 'trunk', password: 'Secret-12345' } },
          },
        ],
      }),
    );
    const caller = call();
    await refuse(first, 407, { 'Proxy-Authenticate': 'Digest realm="pstn", nonce="abc", qop="auth"' });
    const invite = await first.next('INVITE');
    expect(header(invite, 'proxy-authorization')).toMatch(
      /^Digest username="trunk",realm="pstn",nonce="abc"/,
    );
    await talk(caller, first, invite);
    expect((await rig.nextRecord()).attempts).toMatchObject([{ status: 200, outcome: 'answered' }]);
  });

  it('tells a caller whose trunk has disaster recovery that this is not there yet', async () => {
    const pstn = await SipPeer.open(CARRIER_ADDRESS);
    const { fixtureTarget, NUMBER } = await import('./test-kit/edge-fixture.ts');
    const trunk = {
      originationTargets: [fixtureTarget(first)],
      disasterRecovery: { url: 'https://example.com/twiml', method: 'POST' as const },
    };
    rig.configure(fixtureConfig({ gateways: [], trunk }));
    const caller = pstn.invite(
      { uri: `sip:${NUMBER}@${rig.engine.sip.address}`, via: rig.engine.sip },
      { body: sdp(10_000) },
    );
    await refuse(first, 503);
    const answer = await pstn.next(501);
    caller.ack(answer);
    expect(header(answer, 'reason')).toContain('cause=not-implemented');
    expect(await rig.nextRecord()).toMatchObject({ outcomeCode: 'not-implemented', sipStatus: 501 });
    pstn.close();
  });
});
