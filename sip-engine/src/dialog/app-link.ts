// SPDX-License-Identifier: Apache-2.0
import type { SipMessage, SipRequest, SipResponse } from '../message/sip-message.ts';

/*
 * What the dialog layer and the wire layer owe each other. `dialog/` decides, `wire/` writes and reads frames.
 */

/** The address part of a frame's leader: the peer for what came from the network, our side for what was sent. */
export interface Whereabouts {
  /** `udp`, `tcp`, `unknown`, or empty for what the engine made itself. */
  protocol: string;
  address: string;
  port: number;
}

/** What goes with a SIP message to the app. */
export interface Delivery {
  source: 'network' | 'application';
  where: Whereabouts;
  /** Bytes as received; 0 for a message that the engine made. */
  size: number;
  at: Date;
  transactionId: string;
  /** Empty for an out-of-dialog request. */
  dialogId: string;
  /** Set for a new out-of-dialog request: the long form of the frame. */
  receivedOn?: { address: string; port: number };
}

/** A connected app. */
export interface AppLink {
  /** False once the connection is gone. What is delivered afterwards is dropped. */
  readonly live: boolean;
  deliver(message: SipMessage, delivery: Delivery): void;
}

/** Exactly one of these is called for a command, at once or later. */
export interface CommandReply {
  requestSent(request: SipRequest, where: Whereabouts, transactionId: string): void;
  responseSent(
    response: SipResponse,
    where: Whereabouts,
    ids: { transactionId: string; dialogId: string },
  ): void;
  /** `NOK` with a reason; drachtio-srf looks for some of the texts (see `refusals.ts`). */
  refused(reason: string): void;
}

/** A `sip` frame from an app. */
export interface AppCommand {
  link: AppLink;
  /** Transaction to answer or to cancel; empty where there is none. */
  transactionId: string;
  /** Empty outside dialogs. */
  dialogId: string;
  /** Next hop that overrides the request's own (drachtio's `opts.proxy`). */
  proxy: string | undefined;
  message: SipMessage;
  reply: CommandReply;
}

/** Chooses the app for a new request: round robin over those that asked for the method. */
export interface AppDirectory {
  pick(method: string): AppLink | undefined;
}

/** The dialog layer as `wire/` sees it. */
export interface CommandHandler {
  command(command: AppCommand): void;
  /** The link is dead from now on. */
  linkClosed(link: AppLink): void;
}
