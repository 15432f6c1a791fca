// SPDX-License-Identifier: Apache-2.0
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest } from '@jest/globals';
import { CALLED, CARRIER_ADDRESS, fixtureConfig, TERMINATION_HOST, type Fixture } from './edge-fixture.ts';
import { startRig, type Rig, type RigOptions } from './rig.ts';
import { header, sdp, SipPeer, type Extra, type PeerCall, type PeerMessage } from './sip-peer.ts';

/** A call in which both sides talk, each end in the test's hands. */
export interface Talk {
  caller: PeerCall;
  callee: PeerCall;
  /** What the callee got, and the caller's answer. */
  invite: PeerMessage;
  ok: PeerMessage;
}

/** A running edge between a customer and its carrier. */
export interface CallStage {
  readonly rig: Rig;
  readonly pbx: SipPeer;
  readonly carrier: SipPeer;
  /** The customer's INVITE, with SDP unless said otherwise. */
  invite(extra?: Extra): PeerCall;
  talk(extra?: { caller?: Extra; callee?: Extra }): Promise<Talk>;
  /** The caller hangs up, and everybody agrees. */
  end(talk: Talk): Promise<void>;
}

/** A status for a method, where answers to several are on their way. */
export const answerTo =
  (method: string, status: number) =>
  (message: PeerMessage): boolean =>
    message.status === status && header(message, 'cseq').endsWith(method);

/** Short timers: a lost answer is noticed after 700 ms. */
const TIMERS = { t1x64: 700, settleLimitMs: 3_000 };
/** A lost ACK (RFC 3261 §13.3.1.4) and a CANCEL without an end (§9.1) take 64*T1; with this, every message is repeated early. */
export const SHORT_WAITS = { t1: 20 };
const LEFT_WITHIN_MS = 5_000;

/**
 * Tests on one edge, with new peers each. After each: no call, no media session, no limit is held, the engine knows no dialog,
 * and there is one record for each INVITE.
 */
export const onCallStage = (
  title: string,
  tests: (stage: () => CallStage) => void,
  options: Partial<RigOptions> & { trunk?: Fixture['trunk'] } = {},
): void => {
  // A peer that waits in vain says so first.
  jest.setTimeout(20_000);
  describe(title, () => {
    let stage: CallStage;
    let rig: Rig;
    let stop = (): Promise<void> => Promise.resolve();
    let invited: string[];

    beforeAll(async () => {
      rig = await startRig({ config: fixtureConfig({ gateways: [] }), ...TIMERS, ...options });
      stop = () => rig.stop();
    }, 30_000);
    afterAll(() => stop());
    beforeEach(async () => {
      const pbx = await SipPeer.open();
      const carrier = await SipPeer.open(CARRIER_ADDRESS);
      rig.configure(
        fixtureConfig({ gateways: [carrier], ...(options.trunk !== undefined && { trunk: options.trunk }) }),
      );
      rig.media.steps.length = 0;
      rig.forgetRecords();
      invited = [];
      stage = createStage({ rig, pbx, carrier }, (callId) => {
        invited.push(callId);
      });
    });
    afterEach(async () => {
      rig.media.before = () => undefined;
      stage.pbx.close();
      stage.carrier.close();
      try {
        await expectNothingLeft(rig);
        const recorded = rig.records.map(({ callId }) => callId).filter((callId) => invited.includes(callId));
        expect(recorded.toSorted()).toEqual(invited.toSorted());
      } finally {
        // What a failed test left must not fail the next one.
        rig.registry.hangUpAll();
      }
    });
    tests(() => stage);
  });
};

export const expectNothingLeft = async (rig: Rig): Promise<void> => {
  expect(rig.registry.active).toBe(0);
  expect(rig.media.active).toBe(0);
  expect(rig.policy.limits.view(Date.now()).concurrent('trunk/acme/acme')).toBe(0);
  if (!rig.engine.running) return;
  const deadline = Date.now() + LEFT_WITHIN_MS;
  while ((await rig.engine.metric('trunkline_engine_dialogs')) > 0 && Date.now() < deadline);
  expect(await rig.engine.metric('trunkline_engine_dialogs')).toBe(0);
};

const createStage = (
  parts: Pick<CallStage, 'rig' | 'pbx' | 'carrier'>,
  onInvite: (callId: string) => void,
): CallStage => {
  const { rig, pbx, carrier } = parts;
  const stage: CallStage = {
    ...parts,
    invite: (extra = { body: sdp(10_000) }) => {
      const to = { uri: `sip:${CALLED}@${TERMINATION_HOST}`, via: rig.engine.sip };
      const caller = pbx.invite(to, extra);
      onInvite(caller.callId);
      return caller;
    },
    talk: async ({ caller: asked, callee: answered } = {}) => {
      const caller = stage.invite({ body: sdp(10_000), ...asked });
      const invite = await carrier.next('INVITE');
      const callee = carrier.answerer(invite);
      callee.reply(invite, 200, 'OK', { body: sdp(20_000), ...answered });
      const ok = await pbx.next(200);
      caller.ack(ok);
      await carrier.next('ACK');
      return { caller, callee, invite, ok };
    },
    end: async ({ caller, callee }) => {
      caller.request('BYE');
      callee.reply(await carrier.next('BYE'), 200, 'OK');
      await pbx.next(answerTo('BYE', 200));
    },
  };
  return stage;
};
