// SPDX-License-Identifier: Apache-2.0
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { createRtpPeer, type RtpPeer } from '@trunkline/media-relay/testing';
import {
  openRecordSocket,
  recordPaths,
  type CallRecord,
  type RecordReader,
} from '@trunkline/sip-proxy/records';
import {
  carrier,
  requireProgram,
  SipPeer,
  startTrunkline,
  timesOutOfOrder,
  trunk,
  type IncomingCall,
  type InviteOptions,
  type MediaBackend,
  type OutgoingCall,
  type PeerMessage,
  type Resource,
  type Trunkline,
} from '../src/index.ts';

export const backends: MediaBackend[] = requireProgram('rtpengine')
  ? ['embedded', 'rtpengine']
  : ['embedded'];

/** What a caller hears of the callee, and the other way round. */
export const CALLEE_HZ = 880;
export const CALLER_HZ = 440;

/** What an ordinary call leaves in its record, and one that its caller has given up. */
export const ANSWERED = { status: 'completed', sipStatus: 200, outcomeCode: 'answered' } as const;
export const CANCELLED = {
  status: 'canceled',
  sipStatus: 487,
  outcomeCode: 'caller-cancelled',
  hungUpBy: 'caller',
} as const;

export const outcomes = ({ attempts }: CallRecord) =>
  attempts.map(({ status, outcome }) => [status, outcome]);
export const isAnswer = (message: PeerMessage, status: number, method: string): boolean =>
  message.status === status && message.cseq.method === method;

/** Loses the first messages that fit, on their way in or out; `count` of them. */
export const losing = (
  peer: SipPeer,
  direction: 'in' | 'out',
  fits: (message: PeerMessage) => boolean,
  count = Infinity,
): PeerMessage[] => {
  const lost: PeerMessage[] = [];
  peer.tamper = (message, way) => {
    if (way !== direction || lost.length >= count || !fits(message)) return 'pass';
    lost.push(message);
    return 'drop';
  };
  return lost;
};

export const heard = async (phone: RtpPeer, frequencyHz: number): Promise<void> => {
  // Half a second, so that nothing of the time before is in it.
  await phone.hears(30, 10_000);
  expect(Math.abs(phone.tone().frequencyHz - frequencyHz)).toBeLessThan(10);
};

export interface ConnectedCall {
  caller: OutgoingCall;
  callee: IncomingCall;
}

/** One `trunkline up` between a PBX that calls out and the gateways of a carrier, with a telephone at each end. */
export class CallStage {
  up!: Trunkline;
  pbx!: SipPeer;
  pstn!: SipPeer;
  /** Where carrier `two` goes on when `pstn` fails. */
  spare!: SipPeer;
  near!: RtpPeer;
  far!: RtpPeer;
  #records: RecordReader | undefined;
  /** Calls of the running test, and SIDs of all tests before it. */
  #placed: OutgoingCall[] = [];
  readonly #known = new Set<string>();

  get #peers(): SipPeer[] {
    return [this.pbx, this.pstn, this.spare];
  }

  async open(media: MediaBackend): Promise<void> {
    this.pbx = await SipPeer.open({ address: '127.0.0.3', name: 'pbx' });
    this.pstn = await SipPeer.open({ address: '127.0.0.2', name: 'pstn' });
    this.spare = await SipPeer.open({ address: '127.0.0.4', name: 'spare' });
    this.up = await startTrunkline({ media, manifests: this.#manifests() });
    this.#records = await openRecordSocket(recordPaths(this.up.dataDir).socket);
  }

  async close(): Promise<void> {
    await this.#records?.close();
    await this.up.stop();
    for (const peer of this.#peers) await peer.close();
  }

  async pickUp(): Promise<void> {
    this.near = await createRtpPeer({ address: this.pbx.address, frequencyHz: CALLER_HZ });
    this.far = await createRtpPeer({ address: this.pstn.address, frequencyHz: CALLEE_HZ });
    this.pstn.onInvite = this.answering;
  }

  /** Nothing is left of the test's calls, and one record tells of each. */
  async leave(): Promise<void> {
    for (const peer of this.#peers) peer.tamper = undefined;
    await this.near.close();
    await this.far.close();
    await this.up.expectIdle(20_000);
    const all = (await this.#records?.list({ limit: 1_000 })) ?? [];
    const fresh = all.filter(({ sid }) => !this.#known.has(sid));
    for (const { sid } of fresh) this.#known.add(sid);
    const placed = this.#placed.splice(0);
    expect(fresh.map(({ callId }) => callId).sort()).toEqual(placed.map(({ callId }) => callId).sort());
    expect(fresh.flatMap(timesOutOfOrder)).toEqual([]);
    for (const peer of this.#peers) expect(peer.errors.splice(0)).toEqual([]);
  }

  answering = async (call: IncomingCall): Promise<void> => {
    call.ring();
    this.far.start(call.remoteSdp);
    await call.answer(this.far.sdp());
  };

  place = (options: Partial<InviteOptions> = {}): OutgoingCall =>
    this.placeFrom(this.pbx, {
      to: 'sip:+442079460123@acme.pstn.example.com',
      from: '+15550100',
      sdp: this.near.sdp(),
      ...options,
    });

  placeFrom = (peer: SipPeer, options: InviteOptions): OutgoingCall => {
    const call = peer.invite({ proxy: this.up.sip, ...options });
    this.#placed.push(call);
    return call;
  };

  /** The next call that comes to a peer, which then does what the script says. */
  arriving = (
    peer: SipPeer,
    script: (call: IncomingCall) => void | Promise<void> = this.answering,
  ): Promise<IncomingCall> =>
    new Promise((resolve) => {
      peer.onInvite = async (call) => {
        resolve(call);
        await script(call);
      };
    });

  /** An answered call with audio both ways, and its two ends. */
  connected = async (options: Partial<InviteOptions> = {}): Promise<ConnectedCall> => {
    const arrived = this.arriving(this.pstn);
    const caller = this.place(options);
    await caller.answered();
    this.near.start(caller.remoteSdp);
    const callee = await arrived;
    await this.audible();
    return { caller, callee };
  };

  audible = () => Promise.all([heard(this.near, CALLEE_HZ), heard(this.far, CALLER_HZ)]);

  recordOf = (call: OutgoingCall): Promise<CallRecord> => this.up.record(call.callId);

  /** Without warnings, unless some are expected. */
  expectRecord = async (call: OutgoingCall, expected: Partial<CallRecord>): Promise<CallRecord> => {
    const record = await this.recordOf(call);
    expect(record).toMatchObject({ warnings: [], ...expected });
    return record;
  };

  #manifests(): Resource[] {
    const acl = ['127.0.0.3/32'];
    const gateway = ({ address: host, port }: SipPeer, priority = 10) => ({ host, port, priority });
    return [
      ...trunk('acme', { acl, numbers: ['+15550100'], targets: [this.pbx.uri] }),
      ...trunk('short', { acl, numbers: ['+15550110'], spec: { limits: { maxCallDuration: '2s' } } }),
      carrier('pstn', [gateway(this.pstn)]),
      carrier('two', [gateway(this.pstn, 1), gateway(this.spare, 2)], { prefixes: ['+441632'] }),
    ];
  }
}

/** A stage for the suite that asks, opened and checked by its hooks. */
export const callStage = (media: MediaBackend): CallStage => {
  const stage = new CallStage();
  beforeAll(() => stage.open(media), 90_000);
  afterAll(() => stage.close(), 40_000);
  beforeEach(() => stage.pickUp());
  afterEach(() => stage.leave(), 40_000);
  return stage;
};
