// SPDX-License-Identifier: Apache-2.0
import { expect } from '@jest/globals';
import type { CallRecord } from '@trunkline/sip-proxy/records';
import {
  carrier,
  type InviteOptions,
  type MediaBackend,
  type OutgoingCall,
  type Resource,
  type SipPeer,
} from '../src/index.ts';
import { offer, Stage } from './termination.fixture.ts';

export { backends, expectRefusal, offer, START_MS, STOP_MS, type Refusal } from './termination.fixture.ts';

/** Who calls from the telephone network. */
export const CALLER = '+442079460999';

/** The checks of a call that goes out to a PBX, in their order. */
export const ROUTED = [
  'who-is-calling pass',
  'called-number pass',
  'account-active pass',
  'max-forwards pass',
  'caller-name skip',
  'limits pass',
  'media-offer pass',
  'origination-route pass',
];

export const traceOf = ({ trace }: CallRecord): string[] =>
  trace.map(({ check, result }) => `${check} ${result}`);

/** `acme-uri1 next 503 Service Unavailable` for each attempt, in their order. */
export const attemptsOf = ({ attempts }: CallRecord): string[] =>
  attempts.map(({ target, outcome, status, reason }) =>
    `${target.split('/').at(-1) ?? ''} ${outcome} ${status} ${reason}`.trim(),
  );

/** How long an attempt took, by its record. */
export const millisecondsOf = ({ attempts }: CallRecord, index: number): number => {
  const { startedAt = '', endedAt = '' } = attempts[index] ?? {};
  return Date.parse(endedAt) - Date.parse(startedAt);
};

/** User part of a SIP URI; empty where it has none. */
export const userOf = (uri: string): string => /^sips?:([^@;?]+)@/.exec(uri)?.[1] ?? '';

/** One `trunkline up` between a carrier that calls and the PBXs of customers. */
export class OriginationStage extends Stage {
  #pstn: SipPeer | undefined;

  /** The carrier's own socket. */
  get pstn(): SipPeer {
    if (this.#pstn) return this.#pstn;
    throw new Error('the stage is not open');
  }

  /** `carrierAddress`: where calls of the carrier come from. It takes none itself. */
  async open(manifests: Resource[], media: MediaBackend, carrierAddress: string): Promise<void> {
    await this.start([carrier('pstn', [{ host: carrierAddress, port: 9 }]), ...manifests], media);
    this.#pstn = await this.peer(carrierAddress, { name: 'pstn' });
  }

  /** A PBX that refuses each call with the status that the last three digits of the called user are. */
  async refuser(address: string): Promise<SipPeer> {
    const pbx = await this.gateway(address, { name: 'refuser' });
    pbx.onInvite = async (call) => {
      const status = Number(userOf(call.invite.uri).slice(-3));
      await call.reject(status, { reason: `Because ${status}`, headers: headersFor(status) });
    };
    return pbx;
  }

  /** A call from the carrier to a number. */
  dial(number: string, over: Partial<InviteOptions> = {}): OutgoingCall {
    return this.pstn.invite({ to: number, from: CALLER, sdp: offer(), ...over });
  }

  /** Waits for the final answer, and hangs up where it is a 200. */
  async ended(call: OutgoingCall, ms?: number): Promise<OutgoingCall> {
    const { status } = await call.final(ms);
    if (status === 200) expect((await call.bye()).status).toBe(200);
    return call;
  }

  /** The call reaches a PBX and is answered; it is hung up again. Gives its record. */
  async delivered(call: OutgoingCall): Promise<CallRecord> {
    await call.answered();
    expect((await call.bye()).status).toBe(200);
    const record = await this.up.record(call.callId);
    expect(record).toMatchObject({
      direction: 'origination',
      status: 'completed',
      sipStatus: 200,
      outcomeCode: 'answered',
      hungUpBy: 'caller',
    });
    return record;
  }
}

const headersFor = (status: number): Record<string, string> => {
  const challenge = 'Digest realm="pbx.example", nonce="4f6f", algorithm=MD5, qop="auth"';
  if (status === 401) return { 'WWW-Authenticate': challenge };
  if (status === 407) return { 'Proxy-Authenticate': challenge };
  return status >= 300 && status < 400 ? { Contact: '<sip:elsewhere@127.0.0.1:9>' } : {};
};
