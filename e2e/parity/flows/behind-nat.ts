// SPDX-License-Identifier: Apache-2.0
import type { PeerTransport, SipPeer } from '../../src/sip/index.ts';
import type { Flow } from '../flow.ts';
import type { Stage } from '../stage.ts';
import { APP_SDP, CALL, CALLEE_SDP, placeCall } from './parties.ts';

/** Who would be reached by the Contact of somebody whose messages come from elsewhere. */
const inside = async (stage: Stage, transport: PeerTransport = 'udp'): Promise<SipPeer> => {
  const peer = await stage.peer('inside', { address: '127.0.0.9', transport });
  peer.onRequest = () => ({ status: 200 });
  return peer;
};

/** The app takes a call with this Contact, and ends it. */
const fromCaller = async (stage: Stage, contact: string, transport: PeerTransport = 'udp'): Promise<void> => {
  const app = await stage.app();
  const caller = await stage.peer('caller', { transport });
  const call = caller.invite({ ...CALL, headers: { Contact: `<${contact}>` } });
  const { req, res } = await app.next('invite');
  const dialog = await app.stack.createUAS(req, res, { localSdp: APP_SDP });
  await call.answered();
  await app.hears('ACK');
  await dialog.destroy();
};

/** The app places a call that is answered with this Contact, and ends it. */
const toCallee = async (stage: Stage, contact: string, transport: PeerTransport = 'udp'): Promise<void> => {
  const app = await stage.app();
  const callee = await stage.peer('callee', { transport });
  stage.onCall(callee, (call) => {
    call.respond(200, { sdp: CALLEE_SDP, headers: { Contact: `<${contact}>` } });
  });
  const { outcome } = await placeCall(stage, app, callee);
  const dialog = await outcome;
  await app.settled();
  await stage.noteOutcome('BYE', dialog!.destroy());
  (await stage.callAt(callee)).stop();
};

const TO_THE_SOURCE =
  'RFC 3261 §12.2.1.1: a request goes where Contact says, unless that is a private address and the source is none';

/** Parties whose Contact is not the address that their messages come from. */
export const behindNat: Flow[] = [
  {
    name: 'the caller has another Contact than its messages come from',
    withoutParity: TO_THE_SOURCE,
    run: async (stage) => {
      const { hostPort } = await inside(stage);
      await fromCaller(stage, `sip:caller@${hostPort}`);
    },
  },
  {
    name: 'the caller has a private Contact',
    run: (stage) => fromCaller(stage, 'sip:caller@10.255.255.9:5060'),
  },
  {
    name: 'the caller has a private Contact, over TCP',
    run: (stage) => fromCaller(stage, 'sip:caller@10.255.255.9:5060;transport=tcp', 'tcp'),
  },
  {
    name: 'the callee has another Contact than its answer comes from',
    withoutParity: TO_THE_SOURCE,
    run: async (stage) => {
      const { hostPort } = await inside(stage);
      await toCallee(stage, `sip:callee@${hostPort}`);
    },
  },
  {
    name: 'the callee has a private Contact',
    run: (stage) => toCallee(stage, 'sip:callee@10.255.255.9:5060'),
  },
  {
    name: 'the callee has a private Contact, over TCP',
    run: (stage) => toCallee(stage, 'sip:callee@10.255.255.9:5060;transport=tcp', 'tcp'),
  },
];
