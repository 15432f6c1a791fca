// SPDX-License-Identifier: Apache-2.0
import { getHeader, parseNameAddr, setHeader } from '../message/index.ts';
import type { Header, SipRequest } from '../message/index.ts';
import { appendAppParts } from './app-headers.ts';
import { withDialogTag } from './compose-request.ts';
import type { Draft } from './compose-request.ts';
import { isLooseRoute } from './dialog.ts';
import type { Dialog } from './dialog.ts';
import { asksForOurAddress, defaultContact, fitContact } from './local-address.ts';
import { Refusal, refusals } from './refusals.ts';

/** Target refresh requests and REFER (RFC 3261 §12.2.1.1, RFC 3515 §2.2). UPDATE needs one too: the app has to add it. */
const GETS_CONTACT = new Set(['INVITE', 'SUBSCRIBE', 'REFER']);

export interface InDialogDraft extends Draft {
  /** URI of the next hop: the first route, else the remote target (RFC 3261 §12.2.1.1). */
  nextHop: string;
}

/**
 * A request within a dialog (RFC 3261 §12.2.1.1), CSeq given. Whatever URI the app wrote, it goes to the remote target.
 * @throws Refusal for `@localhost` with parity, and for a body without type
 */
export function composeInDialog(
  dialog: Dialog,
  app: SipRequest,
  options: { sequence: number; parity: boolean },
): InDialogDraft {
  if (options.parity) refuseLocalhost(app);
  const path = pathOf(dialog);
  const headers: Header[] = [
    ...path.routes.map((value) => ({ name: 'Route', value })),
    { name: 'Max-Forwards', value: getHeader(app, 'Max-Forwards') ?? '70' },
    { name: 'From', value: withDialogTag(getHeader(app, 'From'), dialog.localParty) },
    { name: 'To', value: withDialogTag(getHeader(app, 'To'), dialog.remoteParty) },
    { name: 'Call-ID', value: dialog.callId },
    { name: 'CSeq', value: `${options.sequence} ${app.method}` },
  ];
  const given = getHeader(app, 'Contact');
  const contact = given ?? (GETS_CONTACT.has(app.method) ? dialog.localContact : undefined);
  const wantsContact = contact !== undefined || GETS_CONTACT.has(app.method);
  if (wantsContact) headers.push({ name: 'Contact', value: contact ?? '' });
  const request: SipRequest = { kind: 'request', method: app.method, uri: path.uri, headers, body: app.body };
  appendAppParts(request, app);
  return {
    request,
    nextHop: path.nextHop,
    prepare: (message, local) => {
      if (!wantsContact) return;
      setHeader(
        message,
        'Contact',
        contact === undefined ? defaultContact(local) : fitContact(contact, local),
      );
    },
  };
}

/** Request-URI, Route lines and next hop, which for a peer behind NAT is not where the URI says; a strict router gets its own URI as the request's. */
function pathOf(dialog: Dialog): { uri: string; routes: string[]; nextHop: string } {
  const [first, ...rest] = dialog.routeSet;
  if (first === undefined)
    return { uri: dialog.remoteTarget, routes: [], nextHop: dialog.wayBack ?? dialog.remoteTarget };
  const firstUri = parseNameAddr(first).uri;
  if (isLooseRoute(first)) return { uri: dialog.remoteTarget, routes: dialog.routeSet, nextHop: firstUri };
  return { uri: firstUri, routes: [...rest, `<${dialog.remoteTarget}>`], nextHop: firstUri };
}

function refuseLocalhost(app: SipRequest): void {
  for (const name of ['From', 'To', 'Contact', 'P-Asserted-Identity']) {
    if (asksForOurAddress(getHeader(app, name) ?? '')) throw new Refusal(refusals.localhostInDialog);
  }
}

/** A request that the engine makes by itself. */
export function ownRequest(method: string, headers: Header[] = []): SipRequest {
  return { kind: 'request', method, uri: 'sip:placeholder', headers, body: Buffer.alloc(0) };
}
