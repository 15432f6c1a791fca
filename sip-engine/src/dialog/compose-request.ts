// SPDX-License-Identifier: Apache-2.0
import {
  formatNameAddr,
  getHeader,
  newCallId,
  newTag,
  ParseError,
  parseNameAddr,
  parseSipUri,
  readTag,
  setHeader,
} from '../message/index.ts';
import type { SipRequest } from '../message/index.ts';
import { appendAppParts } from './app-headers.ts';
import { asksForOurAddress, defaultContact, fillOurAddress, fitContact } from './local-address.ts';
import type { LocalTransport } from './local-address.ts';
import { Refusal, refusals } from './refusals.ts';

/** Methods that get a Contact also where the app gives none (RFC 3261 §8.1.1.8: those that make a dialog). */
const NEEDS_CONTACT = new Set(['INVITE', 'SUBSCRIBE']);

/** A request that waits for the choice of its transport. */
export interface Draft {
  request: SipRequest;
  /** Writes what depends on the transport; may be called once for every hop. */
  prepare: (request: SipRequest, local: LocalTransport) => void;
}

/**
 * A new out-of-dialog request from what the app wrote: what it left out is filled in, what it may not set is dropped.
 * @throws Refusal
 */
export function composeRequest(app: SipRequest): Draft {
  const values = {
    from: getHeader(app, 'From'),
    to: getHeader(app, 'To') ?? `<${withoutRouting(app.uri)}>`,
    contact: getHeader(app, 'Contact'),
    identity: getHeader(app, 'P-Asserted-Identity'),
    tag: newTag(),
  };
  checkAddresses(values);
  const request: SipRequest = {
    kind: 'request',
    method: app.method,
    uri: app.uri,
    headers: [
      { name: 'Max-Forwards', value: getHeader(app, 'Max-Forwards') ?? '70' },
      { name: 'From', value: '' },
      { name: 'To', value: values.to },
      { name: 'Call-ID', value: getHeader(app, 'Call-ID') ?? newCallId() },
      { name: 'CSeq', value: `${givenSequence(app) ?? firstSequence()} ${app.method}` },
    ],
    body: app.body,
  };
  const wantsContact = values.contact !== undefined || NEEDS_CONTACT.has(app.method);
  if (wantsContact) request.headers.push({ name: 'Contact', value: '' });
  appendAppParts(request, app);
  return {
    request,
    prepare: (message, local) => {
      finish(message, values, local, wantsContact);
    },
  };
}

/** What belongs into a Request-URI but not into To (RFC 3261 §19.1.1, table 1). */
function withoutRouting(uri: string): string {
  return uri.replace(/\?.*$/, '').replace(/;(?:transport|maddr|ttl|method)=[^;]*/gi, '');
}

interface Values {
  from: string | undefined;
  to: string;
  contact: string | undefined;
  identity: string | undefined;
  tag: string;
}

function finish(request: SipRequest, values: Values, local: LocalTransport, wantsContact: boolean): void {
  setHeader(
    request,
    'From',
    withTag(fillOurAddress(values.from ?? defaultContact(local), local), values.tag),
  );
  if (asksForOurAddress(values.to)) setHeader(request, 'To', fillOurAddress(values.to, local));
  if (values.identity !== undefined && asksForOurAddress(values.identity)) {
    setHeader(request, 'P-Asserted-Identity', fillOurAddress(values.identity, local));
  }
  if (!wantsContact) return;
  setHeader(
    request,
    'Contact',
    values.contact === undefined ? defaultContact(local) : fitContact(values.contact, local),
  );
}

function withTag(from: string, tag: string): string {
  return readTag(from) === undefined ? `${from};tag=${tag}` : from;
}

function checkAddresses(values: Values): void {
  for (const [name, value] of [
    ['from', values.from],
    ['to', values.to],
    ['contact', values.contact],
  ] as const) {
    if (value === undefined || value === '*') continue;
    try {
      if (name === 'contact') fitContact(value, { protocol: 'udp', address: '192.0.2.1', port: 5060 });
      else parseNameAddr(value);
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      throw new Refusal(
        name === 'from' ? refusals.invalidFrom(error.message) : `invalid ${name} value: ${error.message}`,
      );
    }
  }
}

/** The number of an app-given CSeq: a digest retry counts on by itself. */
function givenSequence(app: SipRequest): number | undefined {
  const number = /^\d{1,10}/.exec(getHeader(app, 'CSeq') ?? '')?.[0];
  const sequence = Number(number);
  return number !== undefined && sequence < 2 ** 31 ? sequence : undefined;
}

/** From the clock, so that it grows over restarts (RFC 3261 §8.1.1.5), and below 2^31. */
function firstSequence(): number {
  return Math.floor(Date.now() / 2000);
}

/**
 * Where a request goes: the app's `proxy` (drachtio takes `host:port` too) or the request's URI.
 * @throws Refusal when it is no URI, or asks for a transport that is not there
 */
export function nextHopUri(uri: string, proxy: string | undefined, protocols: ReadonlySet<string>): string {
  const target = proxy === undefined ? uri : proxyUri(proxy);
  try {
    const { scheme, params } = parseSipUri(target);
    const transport = scheme === 'sips' ? 'tls' : params.get('transport')?.toLowerCase();
    if (transport !== undefined && !protocols.has(transport)) throw new Refusal(refusals.noTransport);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw new Refusal(refusals.invalidUri(error.message));
  }
  return target;
}

function proxyUri(proxy: string): string {
  const bare = proxy.includes('<') ? parseNameAddr(proxy).uri : proxy;
  return /^sips?:/i.test(bare) ? bare : `sip:${bare}`;
}

/** An app-given From or To inside a dialog: its URI may change, its tag may not (RFC 3261 §12.2.1.1).  @throws Refusal */
export function withDialogTag(value: string | undefined, ofDialog: string): string {
  if (value === undefined) return ofDialog;
  try {
    const address = parseNameAddr(value);
    const tag = readTag(ofDialog);
    if (tag === undefined) address.params.delete('tag');
    else address.params.set('tag', tag);
    return formatNameAddr(address);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw new Refusal(refusals.invalidFrom(error.message));
  }
}
