// SPDX-License-Identifier: Apache-2.0
import {
  getHeader,
  getHeaders,
  parseCSeq,
  parseNameAddr,
  parseNameAddrList,
  readTag,
  splitList,
} from '../message/index.ts';
import type { SipMessage, SipRequest, SipResponse } from '../message/index.ts';
import type { ClientTransaction, Flow, Hop } from '../transaction/contract.ts';
import type { AppLink } from './app-link.ts';
import { sourceOf, wayBack } from './behind-nat.ts';
import type { Inbound } from './inbound.ts';

/** The 2xx to an INVITE of ours that the app has still to ACK. */
export interface UnackedAnswer {
  sequence: number;
  /** Authorization and Proxy-Authorization of the INVITE: its ACK carries the same (RFC 3261 §13.2.2.4). */
  credentials: { name: string; value: string }[];
}

/** The 2xx that we sent and whose ACK we wait for. */
export interface AwaitedAck {
  sequence: number;
  /** What the ACK's frame names: the INVITE's transaction for the first one, a fresh id for a re-INVITE. */
  transactionId: string;
  stop(): void;
}

/** RFC 3261 §12, seen from the engine: `local` is us, whoever called. Early until the 2xx. */
export interface Dialog {
  /** `<Call-ID>;from-tag=<From tag of the INVITE>`: how the app names it, in every state. */
  id: string;
  role: 'uas' | 'uac';
  state: 'early' | 'confirmed' | 'ended';
  callId: string;
  localTag: string;
  /** Empty on the client side until a response brings one. */
  remoteTag: string;
  /** From and To values, tags included, of requests that we send. */
  localParty: string;
  remoteParty: string;
  remoteTarget: string;
  /** Where requests go in place of `remoteTarget`: the peer is behind NAT. */
  wayBack: string | undefined;
  /** Route values in the order in which a request visits them. */
  routeSet: string[];
  localSequence: number;
  localContact: string | undefined;
  owner: AppLink;
  awaitedAcks: AwaitedAck[];
  unacked: UnackedAnswer[];
  /** The last ACK that we sent and where to: repeated for a repeated 2xx. */
  lastAck: { sequence: number; request: SipRequest; hops: Hop[] } | undefined;
  /** Requests of the peer that the app has still to answer. */
  inbound: Set<Inbound>;
  /** Our INVITE or re-INVITE without a final response. */
  pendingInvite: ClientTransaction | undefined;
  /** Set when the app's CANCEL lost against the 2xx: BYE follows the ACK. */
  byeAfterAck: string | undefined;
}

/** Target refresh requests within an INVITE's dialog (RFC 3261 §6, RFC 3311 §5.2). */
const REFRESHES_TARGET = new Set(['INVITE', 'UPDATE']);

/** The app's name for a dialog; `|` would end the token that carries it. */
export function dialogIdOf(callId: string, fromTag: string): string {
  return `${callId};from-tag=${fromTag}`.replace(/[|\r\n]/g, '_');
}

/** The empty string where a header is missing: the transaction layer has checked what must be there. */
export function headerOf(message: SipMessage, name: string): string {
  return getHeader(message, name) ?? '';
}

export function sequenceOf(message: SipMessage): number {
  return parseCSeq(headerOf(message, 'CSeq')).sequence;
}

/** URI of the first Contact; undefined where there is none or it cannot be read. */
export function contactUri(message: SipMessage): string | undefined {
  const value = getHeader(message, 'Contact');
  if (value === undefined) return undefined;
  try {
    return parseNameAddrList(value)[0]?.uri;
  } catch {
    return undefined;
  }
}

/** Record-Route values, one each, from top to bottom. What is no address cannot be routed by and is left out. */
export function recordRoutes(message: SipMessage): string[] {
  const lines = getHeaders(message, 'Record-Route');
  if (lines.length === 0) return [];
  return lines.flatMap(elementsOf).filter((route) => {
    try {
      return parseNameAddr(route).uri !== '';
    } catch {
      return false;
    }
  });
}

function elementsOf(line: string): string[] {
  try {
    return splitList(line);
  } catch {
    return [];
  }
}

/** The early dialog of an INVITE that came in (RFC 3261 §12.1.1). `to` is the To value with our tag. */
export function dialogOfServer(
  request: SipRequest,
  options: { to: string; owner: AppLink; flow: Flow; parity: boolean },
): Dialog {
  const contact = contactUri(request);
  const callId = headerOf(request, 'Call-ID');
  const from = headerOf(request, 'From');
  const remoteTag = readTag(from) ?? '';
  return {
    ...blank('uas', options.owner),
    id: dialogIdOf(callId, remoteTag),
    callId,
    localTag: readTag(options.to) ?? '',
    remoteTag,
    localParty: options.to,
    remoteParty: from,
    remoteTarget: contact ?? sourceOf(options.flow),
    wayBack: wayBack(request, { ...options, contact }),
    routeSet: recordRoutes(request),
    // drachtio counts its own requests on from the caller's number.
    localSequence: sequenceOf(request),
  };
}

/** The early dialog of an INVITE that we sent (RFC 3261 §12.1.2); `learn` completes it. */
export function dialogOfClient(request: SipRequest, owner: AppLink): Dialog {
  const callId = headerOf(request, 'Call-ID');
  const from = headerOf(request, 'From');
  const localTag = readTag(from) ?? '';
  return {
    ...blank('uac', owner),
    id: dialogIdOf(callId, localTag),
    callId,
    localTag,
    remoteTag: '',
    localParty: from,
    remoteParty: headerOf(request, 'To'),
    remoteTarget: request.uri,
    routeSet: [],
    localSequence: sequenceOf(request),
    localContact: getHeader(request, 'Contact'),
  };
}

/** Takes from a 2xx (or reliable 1xx) what the peer's side of the dialog is (RFC 3261 §12.1.2). */
export function learn(dialog: Dialog, response: SipResponse, from?: { flow: Flow; parity: boolean }): void {
  const to = headerOf(response, 'To');
  const contact = contactUri(response);
  dialog.remoteTag = readTag(to) ?? '';
  dialog.remoteParty = to;
  dialog.remoteTarget = contact ?? dialog.remoteTarget;
  if (from) dialog.wayBack = wayBack(response, { ...from, contact });
  dialog.routeSet = recordRoutes(response).reverse();
}

/**
 * A target refresh of the peer has been accepted: requests go to its new Contact from now on (RFC 3261 §12.2, RFC 6141 §4). Not for
 * drachtio's sake: it stays with the first one.
 */
export function refreshTarget(dialog: Dialog, message: SipMessage, flow: Flow): void {
  if (!REFRESHES_TARGET.has(parseCSeq(headerOf(message, 'CSeq')).method)) return;
  const contact = contactUri(message);
  if (contact === undefined) return;
  dialog.remoteTarget = contact;
  dialog.wayBack = wayBack(message, { contact, flow, parity: false });
}

/** RFC 3261 §16.12.1.1: a first hop without `lr` is a strict router. */
export function isLooseRoute(route: string): boolean {
  try {
    return /;lr(?=[;=?]|$)/i.test(parseNameAddr(route).uri);
  } catch {
    return true;
  }
}

function blank(role: 'uas' | 'uac', owner: AppLink) {
  return {
    role,
    state: 'early' as const,
    owner,
    localContact: undefined,
    wayBack: undefined,
    awaitedAcks: [],
    unacked: [],
    lastAck: undefined,
    inbound: new Set<Inbound>(),
    pendingInvite: undefined,
    byeAfterAck: undefined,
  };
}
