// SPDX-License-Identifier: Apache-2.0
import { createSocket } from 'node:dgram';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';

export interface Place {
  address: string;
  port: number;
}

export type PeerTransport = 'udp' | 'tcp' | 'tls';

export interface PeerTls {
  /** PEM. */
  cert: string;
  key: string;
  ca: string;
  /** The name that the certificate of the other side must be for. Default: its address. */
  serverName?: string;
  /** Whether those who connect to us must have a certificate of `ca`. */
  requireClient?: boolean;
}

/** Bytes to and from one bound address. */
export interface PeerSocket {
  readonly address: string;
  readonly port: number;
  readonly transport: PeerTransport;
  /** On TCP over the open connection with that place, else over a new one from our address. */
  send(data: string | Buffer, to: Place): Promise<void>;
  close(): Promise<void>;
}

export interface PeerSocketOptions {
  address: string;
  /** 0: any. */
  port: number;
  transport: PeerTransport;
  tls?: PeerTls | undefined;
  /** One whole message, or on TCP a lone keep-alive. */
  onMessage: (text: string, from: Place) => void;
}

export const openPeerSocket = (options: PeerSocketOptions): Promise<PeerSocket> =>
  options.transport === 'udp' ? openUdp(options) : openStream(options);

const openUdp = async ({ address, port, onMessage }: PeerSocketOptions): Promise<PeerSocket> => {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (data, from) => {
    onMessage(data.toString('utf8'), from);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, address, resolve);
  });
  // ECONNREFUSED of a datagram that nobody wanted shows up here.
  socket.removeAllListeners('error').on('error', () => undefined);
  let open = true;
  return {
    address,
    port: socket.address().port,
    transport: 'udp',
    send: (data, to) =>
      new Promise((resolve, reject) => {
        if (!open) resolve();
        else {
          socket.send(data, to.port, to.address, (error) => {
            if (error) reject(error);
            else resolve();
          });
        }
      }),
    close: () =>
      new Promise((resolve) => {
        if (!open) resolve();
        else socket.close(resolve);
        open = false;
      }),
  };
};

const openStream = async (options: PeerSocketOptions): Promise<PeerSocket> => {
  const { address, port, transport, onMessage } = options;
  const connections = new Map<string, Socket>();
  const keyOf = (place: Place) => `${place.address} ${place.port}`;

  const adopt = (socket: Socket, place: Place) => {
    connections.set(keyOf(place), socket);
    const read = createStreamReader((text) => {
      onMessage(text, place);
    });
    socket.on('data', read);
    socket.on('error', () => undefined);
    socket.on('close', () => connections.delete(keyOf(place)));
  };

  const server = newServer(options, (socket) => {
    adopt(socket, { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });

  const connected = (to: Place): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const known = connections.get(keyOf(to));
      if (known) {
        resolve(known);
        return;
      }
      const socket = dial(options, to, () => {
        adopt(socket, to);
        resolve(socket);
      });
      socket.once('error', reject);
    });

  return {
    address,
    port: (server.address() as Place).port,
    transport,
    send: async (data, to) => {
      (await connected(to)).write(data);
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of connections.values()) socket.destroy();
        server.close(() => {
          resolve();
        });
      }),
  };
};

const newServer = ({ tls }: PeerSocketOptions, onSocket: (socket: Socket) => void): Server => {
  if (!tls) return createServer(onSocket);
  const { requireClient = false, ...identity } = tls;
  return createTlsServer(
    { ...identity, requestCert: requireClient, rejectUnauthorized: requireClient },
    onSocket,
  );
};

const dial = ({ tls, address }: PeerSocketOptions, to: Place, onOpen: () => void): Socket => {
  const place = { host: to.address, port: to.port, localAddress: address };
  if (!tls) return connect(place, onOpen);
  const { serverName, ...identity } = tls;
  return connectTls({ ...place, ...identity, ...(serverName ? { servername: serverName } : {}) }, onOpen);
};

/** Cuts a byte stream into messages by Content-Length (RFC 3261 §18.3); CRLF between messages is a keep-alive. */
const createStreamReader = (onMessage: (text: string) => void) => {
  let buffer = Buffer.alloc(0);
  const next = (): string | undefined => {
    if (buffer.indexOf('\r\n') === 0) return take(buffer.indexOf('\r\n\r\n') === 0 ? 4 : 2);
    const end = buffer.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const length = /^(?:content-length|l)\s*:\s*(\d+)/im.exec(buffer.toString('latin1', 0, end))?.[1] ?? '0';
    return buffer.length < end + 4 + Number(length) ? undefined : take(end + 4 + Number(length));
  };
  const take = (bytes: number): string => {
    const text = buffer.toString('utf8', 0, bytes);
    buffer = buffer.subarray(bytes);
    return text;
  };
  return (data: Buffer) => {
    buffer = Buffer.concat([buffer, data]);
    for (let text = next(); text !== undefined; text = next()) onMessage(text);
  };
};
