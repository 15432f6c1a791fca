// SPDX-License-Identifier: Apache-2.0
import type { CarrierEntry, OriginationTarget, Transport } from '@trunkline/crds';
import type { Attempt } from './decision.ts';
import { escapeUser, isAddress, uriHost } from './sip-uri.ts';

type Gateway = CarrierEntry['gateways'][number];

interface Place {
  user: string;
  host: string;
  port?: number | undefined;
  transport: Transport;
}

/** The customer's URI for one call: its own user part, or else the dialled number. */
export function originationAttempt(target: OriginationTarget, calledNumber: string): Attempt {
  const place = { ...target, user: target.user ?? calledNumber };
  return {
    target: target.key,
    sid: target.sid,
    ...addressing(place),
    headers: target.headers,
  };
}

/** A carrier's gateway for one call. */
export function gatewayAttempt(carrier: CarrierEntry, gateway: Gateway, calledNumber: string): Attempt {
  const port = gateway.port ?? (gateway.transport === 'tls' ? 5061 : 5060);
  return {
    target: `carrier/${carrier.name}/${uriHost(gateway.host)}:${port}`,
    sid: carrier.sid,
    ...addressing({ ...gateway, user: calledNumber }),
    headers: [],
    ...(carrier.hasCredentials ? { carrier: carrier.name } : {}),
  };
}

function addressing(place: Place): Pick<Attempt, 'requestUri' | 'nextHop' | 'transport'> {
  const { transport } = place;
  const hostPort = uriHost(place.host) + (place.port === undefined ? '' : `:${place.port}`);
  const address = `sip:${escapeUser(place.user)}@${hostPort}`;
  if (transport !== 'udp') return { requestUri: `${address};transport=${transport}`, transport };
  // UDP is the default that customers expect to see unsaid; for a name without port RFC 3263 §4.1 would let the
  // domain's NAPTR records choose another transport, so the next hop says it.
  if (isAddress(place.host)) return { requestUri: address, transport };
  return { requestUri: address, nextHop: `sip:${hostPort};transport=udp`, transport };
}
