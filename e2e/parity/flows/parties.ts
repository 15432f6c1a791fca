// SPDX-License-Identifier: Apache-2.0
import {
  sdp,
  within,
  type InviteOptions,
  type OutgoingCall,
  type PeerMessage,
  type SipPeer,
  type SipPeerOptions,
} from '../../src/sip/index.ts';
import type { App, Incoming } from '../app.ts';
import type { AppDialog, AppHeaders, AppRequest, UacOptions } from '../stack.ts';
import type { Stage } from '../stage.ts';

export const CALLER_SDP = sdp({ address: '127.0.0.1', port: 4000 });
export const CALLEE_SDP = sdp({ address: '127.0.0.1', port: 4010 });
export const APP_SDP = sdp({ address: '127.0.0.1', port: 4020 });

/** What a caller sends unless its flow is about something else. */
export const CALL: InviteOptions & { sdp: string } = { to: '+15550100', from: '+15550101', sdp: CALLER_SDP };

/** Who calls, where the app does: the engine puts its own address in the place of `localhost`. */
export const FROM: AppHeaders = {
  From: '<sip:+15550101@localhost>',
  Contact: '<sip:+15550101@localhost>',
};

export interface PlacedCall {
  /** The INVITE as sent. */
  invite: AppRequest;
  /** The dialog, or undefined where there was no answer; what it came to is noted. */
  outcome: Promise<AppDialog | undefined>;
}

/** The app calls a peer; resolves when the INVITE is on its way. */
export const placeCall = async (
  stage: Stage,
  app: App,
  callee: SipPeer,
  options: UacOptions = {},
): Promise<PlacedCall> => {
  const started = Promise.withResolvers<AppRequest>();
  const outcome = stage.noteOutcome(
    'call',
    app.stack.createUAC(
      stage.uriOf(callee),
      // srf writes into the headers that it is given.
      { localSdp: APP_SDP, ...options, headers: { ...(options.headers ?? FROM) } },
      {
        cbRequest: (error, request) => {
          if (request) started.resolve(request);
          else started.reject(error);
        },
      },
    ),
  );
  return { invite: await within(started.promise, 'INVITE of the app'), outcome };
};

/** A caller whose INVITE the app has, and may answer. */
export const callApp = async (
  stage: Stage,
  invite: InviteOptions = CALL,
  peer: Partial<SipPeerOptions> = {},
): Promise<{ app: App; caller: SipPeer; call: OutgoingCall } & Incoming> => {
  const app = await stage.app();
  const caller = await stage.peer('caller', peer);
  const call = caller.invite(invite);
  return { app, caller, call, ...(await app.next('invite')) };
};

export interface Conversation {
  app: App;
  caller: SipPeer;
  call: OutgoingCall;
  dialog: AppDialog;
}

/** A call that the app has answered, up to its ACK. */
export const converse = async (stage: Stage): Promise<Conversation> => {
  const { app, caller, call, req, res } = await callApp(stage);
  const dialog = await app.stack.createUAS(req, res, { localSdp: APP_SDP });
  await call.answered();
  await app.hears('ACK');
  return { app, caller, call, dialog };
};

/** The text of a response with nothing in it but what has to be, written by hand: its sender does not know that it has answered. */
export const bare = (request: PeerMessage, start: string, ...headers: string[]): string =>
  [
    start,
    ...['Via', 'From', 'To', 'Call-ID', 'CSeq'].map((name) => `${name}: ${request.header(name)}`),
    ...headers,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
