// SPDX-License-Identifier: Apache-2.0
import { getHeader } from '../message/headers.ts';
import type { Header, SipRequest, SipResponse } from '../message/sip-message.ts';

const noBody = Buffer.alloc(0);
const kept = new Set(['max-forwards', 'from', 'to', 'call-id', 'route']);

/** The ACK of a non-2xx: same branch, To of the response (RFC 3261 §17.1.1.3). */
export function createFailureAck(invite: SipRequest, response: SipResponse): SipRequest {
  const ack = derive(invite, 'ACK');
  const to = getHeader(response, 'To');
  for (const header of ack.headers)
    if (to !== undefined && header.name.toLowerCase() === 'to') header.value = to;
  return ack;
}

/** The CANCEL of an INVITE: same branch, To without a tag unless the INVITE had one (RFC 3261 §9.1). */
export function createCancel(invite: SipRequest, headers: Header[]): SipRequest {
  const cancel = derive(invite, 'CANCEL');
  cancel.headers.push(...headers);
  return cancel;
}

/** Topmost Via, then Max-Forwards, From, To, Call-ID, Route as they were, and the CSeq number with the new method. */
function derive(invite: SipRequest, method: string): SipRequest {
  const headers: Header[] = [];
  const via = getHeader(invite, 'Via');
  if (via !== undefined) headers.push({ name: 'Via', value: via });
  for (const { name, value } of invite.headers) {
    if (kept.has(name.toLowerCase())) headers.push({ name, value });
  }
  const sequence = (getHeader(invite, 'CSeq') ?? '').split(/\s/)[0] ?? '';
  headers.push({ name: 'CSeq', value: `${sequence} ${method}` });
  return { kind: 'request', method, uri: invite.uri, headers, body: noBody };
}
