// SPDX-License-Identifier: Apache-2.0
import { connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { Hop } from '../transaction/contract.ts';
import type { TlsIdentity } from './tls-identity.ts';
import { TransportError } from './transport-error.ts';

export interface StreamServer {
  server: Server;
  /** Told of each socket that has connected, before TLS is agreed on. */
  onRaw: (listener: (socket: Socket) => void) => void;
  /** Told of each socket that messages can come on. */
  onReady: (listener: (socket: Socket) => void) => void;
}

export const openTcpServer = (): StreamServer => {
  const server = createServer({ noDelay: true });
  return {
    server,
    onRaw: (listener) => server.on('connection', listener),
    onReady: (listener) => server.on('connection', listener),
  };
};

/** A handshake that takes longer than `handshakeTimeout` (ms) ends with the connection. */
export const openTlsServer = (identity: TlsIdentity, handshakeTimeout: number): StreamServer => {
  const server = createTlsServer({
    ...identity.serving,
    noDelay: true,
    handshakeTimeout,
    requestCert: identity.asksClients,
    rejectUnauthorized: identity.asksClients,
    // RFC 7301: peers that offer "sip" by ALPN get it.
    ALPNProtocols: ['sip'],
  });
  identity.onChange(() => {
    server.setSecureContext(identity.serving);
  });
  return {
    server,
    onRaw: (listener) => server.on('connection', listener),
    onReady: (listener) => server.on('secureConnection', listener),
  };
};

/** A socket on its way to `hop`. @throws TransportError where TLS is asked for and not set up */
export const openSocket = (
  hop: Hop,
  localAddress: string | undefined,
  identity: TlsIdentity | undefined,
): Socket => {
  const address = { host: hop.address, port: hop.port, ...(localAddress ? { localAddress } : {}) };
  if (hop.protocol !== 'tls') return connect(address);
  if (!identity) throw new TransportError('TLS is not set up here', hop);
  const socket: TLSSocket = connectTls({
    ...address,
    ...identity.calling,
    // RFC 5922 §7.1: the certificate must be for the domain of the URI, whatever SRV and A made of it.
    ...(hop.serverName === undefined ? {} : { servername: hop.serverName }),
    rejectUnauthorized: identity.verify,
  });
  return socket;
};
