// SPDX-License-Identifier: Apache-2.0
import { cloneMessage, prependHeader } from '../message/headers.ts';
import { newBranch } from '../message/identifiers.ts';
import type { SipRequest } from '../message/sip-message.ts';
import { advertisedAddress } from '../transport/local-address.ts';
import { formatHostPort } from '../transport/transport-error.ts';
import type { Outgoing } from './client-attempt.ts';
import type { Hop, RequestOptions } from './contract.ts';
import type { Sender } from './transaction-context.ts';

/** A copy of the request, finished for this hop: the user's touches, then our Via with a fresh branch.  @throws TransportError */
export function finishFor(
  hop: Hop,
  request: SipRequest,
  transport: Sender,
  prepare: RequestOptions['prepare'],
): Outgoing {
  const local = transport.localFor(hop);
  const address = advertisedAddress(local.address, hop.address);
  const finished = cloneMessage(request);
  prepare?.(finished, { protocol: hop.protocol, address, port: local.port });
  const branch = newBranch();
  const sentBy = formatHostPort(address, local.port);
  prependHeader(finished, 'Via', `SIP/2.0/${hop.protocol.toUpperCase()} ${sentBy};rport;branch=${branch}`);
  return { request: finished, branch, hop, local };
}
