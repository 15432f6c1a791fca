// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type ConnectionOptions, type Server, type TLSSocket } from 'node:tls';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createAuthority,
  selfSigned,
  type Authority,
  type Issued,
  type Subject,
} from '../certificates/issue.ts';
import type { Flow, Hop } from '../transaction/contract.ts';
import type { TlsOptions } from './tls-identity.ts';
import { TransportLayer } from './transport-layer.ts';
import { defaultMaxima, type Maxima } from './transport-settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'tl-tls-'));
const DOMAIN = 'acme.pstn.example.com';
const message = Buffer.from(
  [
    'OPTIONS sip:acme.pstn.example.com SIP/2.0',
    'Via: SIP/2.0/TLS 127.0.0.1:5061;branch=z9hG4bKabc',
    'Max-Forwards: 70',
    'From: <sip:a@example.com>;tag=1',
    'To: <sip:acme.pstn.example.com>',
    'Call-ID: abc',
    'CSeq: 1 OPTIONS',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n'),
);

let authority: Authority;
let layers: TransportLayer[] = [];
let servers: Server[] = [];
let names = 0;

const write = ({ cert, key }: Issued): { certFile: string; keyFile: string } => {
  names += 1;
  const files = { certFile: join(folder, `${names}.crt`), keyFile: join(folder, `${names}.key`) };
  writeFileSync(files.certFile, cert);
  writeFileSync(files.keyFile, key);
  return files;
};

interface Opened {
  layer: TransportLayer;
  port: number;
  files: { certFile: string; keyFile: string };
  received: Flow[];
  arrival: () => Promise<Flow>;
  said: string[];
}

const open = async (
  options: Partial<TlsOptions> = {},
  subject: Subject = { names: [DOMAIN] },
  maxima: Partial<Maxima> = {},
): Promise<Opened> => {
  const files = write(await authority.issue(subject));
  const received: Flow[] = [];
  const said: string[] = [];
  let arrived = Promise.withResolvers<Flow>();
  const layer = await TransportLayer.open({
    listeners: [{ protocol: 'tls', host: '127.0.0.1', port: 0 }],
    maxima: { ...defaultMaxima, ...maxima },
    log: { debug: () => undefined, warn: (_, text) => said.push(text) },
    tls: { ...files, caFile: write(authority).certFile, ...options },
    intake: {
      onMessage: ({ flow }) => {
        received.push(flow);
        arrived.resolve(flow);
        arrived = Promise.withResolvers();
      },
      onMalformed: () => undefined,
    },
  });
  layers.push(layer);
  const port = layer.listening[0]?.port ?? 0;
  return { layer, port, files, received, said, arrival: () => arrived.promise };
};

const dial = async (port: number, options: ConnectionOptions = {}): Promise<TLSSocket> => {
  const socket = connect({ host: '127.0.0.1', port, servername: DOMAIN, ca: authority.cert, ...options });
  await once(socket, 'secureConnect');
  return socket;
};

const send = (layer: TransportLayer, hop: Hop): Promise<string> =>
  new Promise((resolve) => {
    layer.send(message, hop, layer.localFor(hop), (error) => {
      resolve(error?.message ?? 'sent');
    });
  });

/** A TLS server that collects what it reads. */
const serve = async (issued: Issued, options: object = {}): Promise<{ port: number }> => {
  const sockets: TLSSocket[] = [];
  const server = createServer({ ...issued, ...options }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.on('close', () => {
    for (const socket of sockets) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port };
};

beforeAll(async () => {
  authority = await createAuthority('Test authority');
});
afterEach(async () => {
  for (const layer of layers) await layer.close();
  for (const server of servers) server.close();
  layers = [];
  servers = [];
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('a TLS listener', () => {
  it('takes messages, and answers on the same connection', async () => {
    const { layer, port, arrival } = await open();
    const socket = await dial(port);
    const arrived = arrival();
    socket.write(message);
    const flow = await arrived;
    expect(flow).toMatchObject({ protocol: 'tls', localPort: port, remoteAddress: '127.0.0.1' });
    layer.reply(Buffer.from('SIP/2.0 200 OK\r\n\r\n'), { flow, port: 5061 });
    const [data] = (await once(socket, 'data')) as [Buffer];
    expect(data.toString()).toContain('200 OK');
    socket.destroy();
  });

  it('sends requests to a peer over the connection that the peer opened', async () => {
    const { layer, port, arrival } = await open();
    const socket = await dial(port);
    const arrived = arrival();
    socket.write(message);
    const { remoteAddress, remotePort } = await arrived;
    expect(await send(layer, { protocol: 'tls', address: remoteAddress, port: remotePort })).toBe('sent');
    const [data] = (await once(socket, 'data')) as [Buffer];
    expect(data.toString()).toContain('OPTIONS');
    socket.destroy();
  });

  it('answers a double CRLF (RFC 5626 §3.5.1)', async () => {
    const { port } = await open();
    const socket = await dial(port);
    socket.write('\r\n\r\n');
    const [data] = (await once(socket, 'data')) as [Buffer];
    expect(data.toString()).toBe('\r\n');
    socket.destroy();
  });

  it.each(['TLSv1', 'TLSv1.1'] as const)('refuses %s', async (version) => {
    const { port } = await open();
    await expect(dial(port, { minVersion: version, maxVersion: version })).rejects.toThrow();
  });

  it.each(['TLSv1', 'TLSv1.1'] as const)('takes %s where it is told to', async (version) => {
    const { port } = await open({ minVersion: version });
    const old = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT:@SECLEVEL=0' };
    const socket = await dial(port, old);
    expect(socket.getProtocol()).toBe(version);
    socket.destroy();
  });

  it('takes TLS 1.2', async () => {
    const { port } = await open();
    const socket = await dial(port, { maxVersion: 'TLSv1.2' });
    expect(socket.getProtocol()).toBe('TLSv1.2');
    socket.destroy();
  });

  it('takes only the ciphers that are set', async () => {
    const { port } = await open({ ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' });
    const wrong = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' } as const;
    await expect(dial(port, wrong)).rejects.toThrow();
    const socket = await dial(port, { maxVersion: 'TLSv1.2' });
    expect(socket.getCipher().name).toBe('ECDHE-ECDSA-AES256-GCM-SHA384');
    socket.destroy();
  });

  it('asks for client certificates where it is told to', async () => {
    const { port, arrival } = await open({ clientCaFile: write(authority).certFile });
    const anonymous = connect({ host: '127.0.0.1', port, servername: DOMAIN, ca: authority.cert });
    const [error] = (await once(anonymous, 'error')) as [Error];
    expect(error.message).toMatch(/certificate required|alert/i);
    const known = await dial(port, await authority.issue({ names: ['pbx.acme.example'] }));
    const arrived = arrival();
    known.write(message);
    expect((await arrived).protocol).toBe('tls');
    known.destroy();
  });

  it('survives peers that do not speak TLS', async () => {
    const { port, layer } = await open();
    const plain = connectTcp(port, '127.0.0.1');
    plain.on('error', () => undefined);
    plain.write(message);
    await once(plain, 'close');
    expect(layer.counters.errors).toBeGreaterThan(0);
    (await dial(port)).destroy();
  });

  it('serves a renewed certificate to new connections, and keeps those that are up', async () => {
    const { port, files, arrival } = await open();
    const before = await dial(port);
    const renewed = await authority.issue({ names: ['renewed.example', DOMAIN] });
    writeFileSync(files.keyFile, renewed.key);
    writeFileSync(files.certFile, renewed.cert);
    const subjectOf = async () => {
      const socket = await dial(port);
      const { subject } = socket.getPeerCertificate();
      socket.destroy();
      return subject.CN;
    };
    while ((await subjectOf()) !== 'renewed.example')
      await new Promise((resolve) => setTimeout(resolve, 100));
    const arrived = arrival();
    before.write(message);
    expect((await arrived).protocol).toBe('tls');
    before.destroy();
  }, 20_000);

  it('keeps its certificate where the new one cannot be used', async () => {
    const { port, files, said } = await open();
    writeFileSync(files.certFile, 'no certificate');
    while (said.length === 0) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(said).toEqual(['TLS certificate kept: the new one cannot be used']);
    (await dial(port)).destroy();
  }, 20_000);
});

describe('a TLS connection that we open', () => {
  const to = (port: number, serverName?: string): Hop => ({
    protocol: 'tls',
    address: '127.0.0.1',
    port,
    ...(serverName === undefined ? {} : { serverName }),
  });

  it('goes to a peer whose certificate is for the domain of the URI, once for many requests', async () => {
    const { layer } = await open();
    const { port } = await serve(await authority.issue({ names: ['*.pstn.example.com'] }));
    expect(await send(layer, to(port, DOMAIN))).toBe('sent');
    expect(await send(layer, to(port, DOMAIN))).toBe('sent');
    // A request within the dialog: the Contact is an address.
    expect(await send(layer, to(port))).toBe('sent');
    expect(layer.connections).toBe(1);
  });

  it('does not take a connection that was verified for another domain', async () => {
    const { layer } = await open();
    const { port } = await serve(await authority.issue({ names: ['a.example', 'b.example'] }));
    expect(await send(layer, to(port, 'a.example'))).toBe('sent');
    expect(await send(layer, to(port, 'b.example'))).toBe('sent');
    expect(layer.connections).toBe(2);
  });

  it('verifies an address against the addresses in the certificate', async () => {
    const { layer } = await open();
    const { port } = await serve(await authority.issue({ names: ['127.0.0.1'] }));
    expect(await send(layer, to(port))).toBe('sent');
  });

  const day = 86_400_000;
  it.each([
    [
      'expired',
      { names: [DOMAIN], notBefore: new Date(Date.now() - 2 * day), notAfter: new Date(Date.now() - day) },
      'certificate of the peer has expired',
    ],
    ['for another name', { names: ['other.example'] }, 'certificate of the peer is for another name'],
  ])('refuses a certificate that is %s', async (_, subject, reason) => {
    const { layer } = await open();
    const { port } = await serve(await authority.issue(subject));
    expect(await send(layer, to(port, DOMAIN))).toBe(`${reason}: tls/127.0.0.1:${port}`);
  });

  it('refuses a self-signed one, and takes it where verification is off', async () => {
    const issued = await selfSigned({ names: [DOMAIN] });
    const { port } = await serve(issued);
    const strict = await open();
    expect(await send(strict.layer, to(port, DOMAIN))).toMatch(
      /^certificate of the peer is self-signed: tls/,
    );
    const lax = await open({ verify: false });
    expect(await send(lax.layer, to(port, DOMAIN))).toBe('sent');
  });

  it('says that a peer does not speak TLS', async () => {
    const { layer } = await open();
    const { port } = await open();
    const tcp = connectTcp(port, '127.0.0.1');
    tcp.destroy();
    const plain = (await import('node:net')).createServer((socket) => socket.end('SIP/2.0 400 Bad\r\n\r\n'));
    plain.listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const said = await send(layer, to((plain.address() as AddressInfo).port, DOMAIN));
    expect(said).toMatch(/^the peer does not speak TLS on that port: tls/);
    plain.close();
  });
});

describe('settings', () => {
  it('name the file that cannot be read', async () => {
    await expect(open({ certFile: join(folder, 'missing.crt') })).rejects.toThrow(
      /TLS: ENOENT.*missing\.crt/,
    );
  });

  it('say that key and certificate do not fit', async () => {
    const other = write(await authority.issue({ names: [DOMAIN] }));
    await expect(open({ keyFile: other.keyFile })).rejects.toThrow(/cannot be used together/);
  });
});

describe('a TLS handshake', () => {
  it('that is never finished ends with the connection', async () => {
    const { layer, port } = await open({}, undefined, { handshake: 300 });
    const socket = connectTcp({ host: '127.0.0.1', port });
    socket.on('error', () => undefined).resume();
    await once(socket, 'connect');
    // The first bytes of a ClientHello, and no more of it.
    socket.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]));
    await once(socket, 'close');
    expect(layer.counters.dropped.handshake).toBe(1);
    expect(layer.connections).toBe(0);
  });
});
