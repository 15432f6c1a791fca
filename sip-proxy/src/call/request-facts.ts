// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '@trunkline/crds';
import type { RequestFacts } from '../policy/decision.ts';
import { splitHeaderValues } from '../policy/sip-uri.ts';
import type { SipRequest } from './sip-stack.ts';

/** What policy looks at, taken from a request off the wire. */
export const requestFacts = (req: SipRequest, method: RequestFacts['method']): RequestFacts => {
  const { headers } = req;
  const maxForwards = maxForwardsOf(headers);
  const sdp = sdpOf(req);
  return {
    method,
    requestUri: req.uri,
    from: headers['from'] ?? '',
    to: headers['to'] ?? '',
    ...optional('remotePartyId', headers['remote-party-id']),
    ...optional('pAssertedIdentity', headers['p-asserted-identity']),
    diversion: splitHeaderValues(headers['Diversion'] ?? headers['diversion'] ?? ''),
    ...optional('proxyAuthorization', headers['proxy-authorization']),
    ...optional('userAgent', headers['user-agent']),
    ...(maxForwards !== undefined && { maxForwards }),
    callId: headers['call-id'] ?? '',
    source: { address: req.source_address, port: req.source_port, transport: transportOf(req.protocol) },
    ...(sdp !== undefined && { sdp }),
  };
};

const optional = <K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> =>
  value === undefined ? {} : ({ [key]: value } as Record<K, string>);

/** Max-Forwards where it is a number; repeated or unreadable ones count as absent. */
export const maxForwardsOf = (headers: SipRequest['headers']): number | undefined => {
  const value = headers['max-forwards'];
  return value !== undefined && /^\s*\d{1,3}\s*$/.test(value) ? Number(value) : undefined;
};

/** The session description of a message: its body, or the SDP part of a multipart body (RFC 5621). */
export const sdpOf = (message: Pick<SipRequest, 'headers' | 'body' | 'payload'>): string | undefined => {
  const { body } = message;
  if (!body) return undefined;
  const type = message.headers['content-type'];
  if (type === undefined) return body.startsWith('v=') ? body : undefined;
  if (isSdp(type)) return body;
  if (!/^\s*multipart\//i.test(type)) return undefined;
  const part = message.payload?.find(({ type: partType }) => partType !== null && isSdp(partType));
  // srf leaves the closing boundary on the last part; no SDP line starts with two dashes.
  return part?.content?.replace(/\r?\n--[\s\S]*$/, '\r\n');
};

const isSdp = (contentType: string): boolean => /^\s*application\/sdp\s*(?:;|$)/i.test(contentType);

const transportOf = (protocol: string): Transport =>
  protocol === 'tcp' || protocol === 'tls' ? protocol : 'udp';
