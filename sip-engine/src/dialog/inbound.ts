// SPDX-License-Identifier: Apache-2.0
import type { ServerTransaction } from '../transaction/contract.ts';
import type { AppLink, Whereabouts } from './app-link.ts';
import type { Dialog } from './dialog.ts';
import type { ReliableProvisionals } from './reliable-provisionals.ts';
import type { Flow } from '../transaction/contract.ts';

/** A request of the network that was handed to an app and waits for its answer. */
export interface Inbound {
  transaction: ServerTransaction;
  /** What the app calls it: the transaction's id, or the INVITE's for an UPDATE within an early dialog. */
  id: string;
  link: AppLink;
  /** The dialog that it belongs to or, once the app has answered, that it makes. */
  dialog: Dialog | undefined;
  /** Ours; one for all responses. Empty until the first one (or where the request brought it). */
  toTag: string;
  /** True once the app has answered anything. */
  answered: boolean;
  /** Set once a provisional response was sent reliably. */
  reliable: ReliableProvisionals | undefined;
  /** Waits for the app. */
  timer: NodeJS.Timeout | undefined;
}

/** The peer's side, for frames about what came from the network and about responses to it. */
export function peerOf(flow: Flow): Whereabouts {
  return { protocol: flow.protocol, address: flow.remoteAddress, port: flow.remotePort };
}

/** Our side, for replies about requests that we sent. */
export function ourSideOf(flow: Flow): Whereabouts {
  const address = flow.localAddress.includes(':') ? `[${flow.localAddress}]` : flow.localAddress;
  return { protocol: flow.protocol, address, port: flow.localPort };
}

/** For what the engine made itself. */
export const NOWHERE: Whereabouts = { protocol: '', address: '', port: 0 };
