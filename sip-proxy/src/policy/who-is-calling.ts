// SPDX-License-Identifier: Apache-2.0
import type { CarrierEntry, TrunkEntry } from '@trunkline/crds';
import { fail, pass, type CheckResult } from './checks/check.ts';
import type { PolicyContext } from './context.ts';
import type { RequestFacts } from './decision.ts';
import { quoted } from './phone-number.ts';
import { parseSipUri, type SipUri } from './sip-uri.ts';

/** DESIGN §4, "who is calling": by the packet's source and the Request-URI, never by Via or From. */
export type Caller =
  | { kind: 'carrier'; result: CheckResult; requestUri: SipUri; carrier: CarrierEntry }
  | { kind: 'customer'; result: CheckResult; requestUri: SipUri; trunk: TrunkEntry }
  | { kind: 'unknown'; result: CheckResult };

export function whoIsCalling(request: RequestFacts, { config }: PolicyContext): Caller {
  const carrier = config.carrierBySource(request.source.address);
  const requestUri = parseSipUri(request.requestUri);
  if (requestUri === undefined)
    return unreadable(request, carrier === undefined && config.global.unknownDomain === 'drop');
  if (carrier !== undefined) {
    const detail = `${request.source.address} is an inbound source of carrier ${carrier.name}: origination`;
    return { kind: 'carrier', result: pass('who-is-calling', detail), requestUri, carrier };
  }
  const match = config.trunkByHost(requestUri.host);
  if (match === undefined) return unknown(request, requestUri, config.global.unknownDomain);
  const where = match.edge === undefined ? '' : `, localized for edge ${match.edge}`;
  const detail = `${requestUri.host} is a termination domain of trunk ${match.trunk.key}${where}: termination`;
  return { kind: 'customer', result: pass('who-is-calling', detail), requestUri, trunk: match.trunk };
}

function unreadable(request: RequestFacts, drop: boolean): Caller {
  const text = `Request-URI ${quoted(request.requestUri)} is no SIP URI`;
  const result = fail('who-is-calling', 'bad-request', text);
  return { kind: 'unknown', result: drop ? dropped(result) : result };
}

function unknown(request: RequestFacts, requestUri: SipUri, unknownDomain: 'reject' | 'drop'): Caller {
  const result = requestUri.scheme === 'tel' ? telUri(request) : strangerDomain(request, requestUri);
  return { kind: 'unknown', result: unknownDomain === 'drop' ? dropped(result) : result };
}

function strangerDomain({ source }: RequestFacts, { host }: SipUri): CheckResult {
  const text = `${quoted(host)} is no termination domain, and ${source.address} is no carrier's inbound source`;
  return fail('who-is-calling', 'unknown-domain', text);
}

/** RFC 3966: a number and no host, so that the trunk stays unknown; the form of the number is what is wrong. */
function telUri({ requestUri }: RequestFacts): CheckResult {
  const text = `Request-URI ${quoted(requestUri)} is a tel: URI, which names no trunk: send sip:<number>@<termination domain>`;
  return fail('who-is-calling', 'bad-request', text);
}

function dropped({ step }: CheckResult): CheckResult {
  return { step, stop: { kind: 'drop', code: 'unknown-domain' } };
}
