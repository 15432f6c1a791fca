// SPDX-License-Identifier: Apache-2.0
import type { SipRequest } from '../message/sip-message.ts';
import { setTopVia, type Via } from '../message/via.ts';
import type { ReplyTarget } from '../transport/transport-layer.ts';
import type { Flow } from './contract.ts';

/**
 * Notes in the topmost Via where the request really came from (RFC 3261 §18.2.1, RFC 3581 §4). What the peer wrote
 * there itself is overwritten.
 */
export function stampVia(request: SipRequest, via: Via, flow: Flow): void {
  const asked = via.params.has('rport');
  const differs = via.host !== flow.remoteAddress;
  if (!asked && !differs && !via.params.has('received')) return;
  if (asked) via.params.set('rport', String(flow.remotePort));
  if (asked || differs) via.params.set('received', flow.remoteAddress);
  else via.params.delete('received');
  setTopVia(request, via);
}

/**
 * Where responses go (RFC 3261 §18.2.2): the source address; the source port where `rport` asks for it, else the port of
 * Via. `maddr` is not followed: it would let anybody aim our responses at a third party.
 */
export function replyTarget(via: Via, flow: Flow): ReplyTarget {
  const usual = flow.protocol === 'tls' ? 5061 : 5060;
  const port = flow.protocol === 'udp' && via.params.has('rport') ? flow.remotePort : (via.port ?? usual);
  return { flow, port };
}
