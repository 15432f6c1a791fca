// SPDX-License-Identifier: Apache-2.0
import type { Hop } from '../transaction/contract.ts';

/** A message could not be handed to the network. The text names the reason and the destination. */
export class TransportError extends Error {
  constructor(reason: string, hop?: Hop) {
    super(hop === undefined ? reason : `${reason}: ${hop.protocol}/${formatHostPort(hop.address, hop.port)}`);
    this.name = 'TransportError';
  }
}

/** `203.0.113.9:5060`, `[2001:db8::1]:5060` */
export function formatHostPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

const words: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by peer',
  EPIPE: 'connection closed by peer',
  ETIMEDOUT: 'connect timeout',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  EMSGSIZE: 'message too long for one datagram',
  EADDRNOTAVAIL: 'no usable local address',
  EINVAL: 'destination not usable from this listener',
  EACCES: 'not permitted',
  EPERM: 'not permitted by the local firewall',
  CERT_HAS_EXPIRED: 'certificate of the peer has expired',
  CERT_NOT_YET_VALID: 'certificate of the peer is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate of the peer is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate of the peer comes from an authority that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate of the peer comes from an authority that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate of the peer comes from an authority that is not trusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate of the peer is for another name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the peer does not speak TLS on that port',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'the peer does not take this TLS version',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'the peer does not take this TLS version',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'TLS not agreed on in time',
};

/** An error of node:net or node:dgram in words. */
export function describeSystemError(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return (code === undefined ? undefined : words[code]) ?? error.message;
}
