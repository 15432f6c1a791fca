// SPDX-License-Identifier: Apache-2.0
import { addToTag, createResponse, getHeader, readTag, statusReason } from '../message/index.ts';
import type { SipRequest, SipResponse } from '../message/index.ts';
import { appendAppParts } from './app-headers.ts';
import { defaultContact, fillOurAddress } from './local-address.ts';
import type { LocalTransport } from './local-address.ts';
import { isReliable } from './reliable-provisionals.ts';

export interface ResponseContext {
  local: LocalTransport;
  toTag: string;
  /** An INVITE within a dialog: Contact on any answer. */
  inDialog: boolean;
}

/**
 * The response to send for what the app wrote: From, To, Call-ID, CSeq and Via are the request's, whatever the app sends.
 * @throws Refusal for a body without type, ParseError for an address that is none
 */
export function composeResponse(
  request: SipRequest,
  app: SipResponse,
  context: ResponseContext,
): SipResponse {
  const response = createResponse(
    request,
    app.status,
    app.reason === '' ? statusReason(app.status) : app.reason,
  );
  if (app.status > 100) addToTag(response, context.toTag);
  const contact = contactFor(request, app, context);
  if (contact !== undefined) response.headers.push({ name: 'Contact', value: contact });
  appendAppParts(response, app);
  return response;
}

/** Answers to an INVITE that make or change a dialog need a Contact; an unreliable 180 or 183 gets none unless the app has one. */
function contactFor(request: SipRequest, app: SipResponse, context: ResponseContext): string | undefined {
  const given = getHeader(app, 'Contact');
  if (given !== undefined) return fillOurAddress(given, context.local);
  if (request.method !== 'INVITE') return undefined;
  const success = app.status >= 200 && app.status < 300;
  return success || isReliable(app) || (context.inDialog && app.status > 100)
    ? defaultContact(context.local)
    : undefined;
}

/** The tag that the app chose: srf hands the request's To back, with a tag where the app set one. */
export function chosenToTag(app: SipResponse): string | undefined {
  return readTag(getHeader(app, 'To') ?? '');
}

/** A response that the engine gives by itself. */
export function ownResponse(
  request: SipRequest,
  status: number,
  toTag: string,
  reason?: string,
): SipResponse {
  const response = createResponse(request, status, reason);
  if (status > 100) addToTag(response, toTag);
  response.headers.push({ name: 'Content-Length', value: '0' });
  return response;
}
