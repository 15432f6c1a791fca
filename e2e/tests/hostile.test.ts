// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tortureMessages } from '@trunkline/sip-engine/torture';
import { carrier, SipPeer, startProgram, startTrunkline, trunk, type Trunkline } from '../src/index.ts';
import { answersTo, type Exchange } from './hostile.fixture.ts';
import { openScanner } from './scanner.fixture.ts';

const PASSWORD = 'Locked-Passw0rd-77';
const SDP =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.3\r\ns=-\r\nc=IN IP4 127.0.0.3\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n';
const TO = 'sip:+442079460123@locked.pstn.example.com';

let up: Trunkline;
let pbx: SipPeer;
let pstn: SipPeer;
/** Must not be in any log. */
const secrets = new Map<string, string>([['the password', PASSWORD]]);

beforeAll(async () => {
  pbx = await SipPeer.open({ address: '127.0.0.3' });
  pstn = await SipPeer.open({ address: '127.0.0.2' });
  pstn.onInvite = async (call) => {
    await call.answer(SDP);
  };
  up = await startTrunkline({
    manifests: [
      ...trunk('locked', { users: { pbx: PASSWORD }, numbers: ['+15550100'], targets: [pbx.uri] }),
      carrier('pstn', [{ host: pstn.address, port: pstn.port }]),
    ],
    args: ['--verbose'],
    env: { LOG_LEVEL: 'trace' },
  });
  secrets.set(
    'the secret of the wire protocol',
    readFileSync(join(up.dataDir, 'engine.secret'), 'utf8').trim(),
  );
  for (const name of ['md5', 'sha256'])
    secrets.set(`HA1 ${name}`, createHash(name).update(`pbx:example.com:${PASSWORD}`).digest('hex'));
}, 90_000);
afterAll(async () => {
  await up.stop();
  await pbx.close();
  await pstn.close();
}, 30_000);

const placeCall = async () => {
  const call = pbx.invite({
    to: TO,
    from: '+15550100',
    proxy: up.sip,
    sdp: SDP,
    auth: { username: 'pbx', password: PASSWORD },
  });
  await call.answered();
  remember(call.authorization);
  expect((await call.bye()).status).toBe(200);
};

const remember = (authorization: string) => {
  const [, response = ''] = /response="([0-9a-f]{32,64})"/.exec(authorization) ?? [];
  expect(response).not.toBe('');
  secrets.set(`a digest response, ${secrets.size}`, response);
};

const dial = async (localAddress: string): Promise<Socket> => {
  const socket = connect({ host: up.sip.address, port: up.sip.port, localAddress });
  socket.on('error', () => undefined).resume();
  await once(socket, 'connect');
  return socket;
};

describe('connections that want to be held', () => {
  it('are held for nobody longer than a message may take; calls go on meanwhile', async () => {
    const sockets = await Promise.all(Array.from({ length: 100 }, () => dial('127.66.1.1')));
    const closed = Promise.all(sockets.map((socket) => once(socket, 'close')));
    for (const socket of sockets) socket.write('INVITE sip:100@example.com SIP/2.0\r\nVia: SIP/2.0/TCP a');
    const drip = setInterval(() => {
      for (const socket of sockets) socket.write('a');
    }, 500);
    await placeCall();
    await closed;
    clearInterval(drip);
    await placeCall();
  }, 60_000);

  it('are so many for one source, and there is room for others', async () => {
    const sockets = await Promise.all(Array.from({ length: 520 }, () => dial('127.66.1.2')));
    const refused = async () =>
      Number(/reason="source-connections"\} (\d+)/.exec(await (await fetch(up.metricsUrl)).text())?.[1]);
    while ((await refused()) < 20) await new Promise((resolve) => setTimeout(resolve, 50));
    const other = await SipPeer.open({ address: '127.66.1.3', transport: 'tcp', proxy: up.sip });
    const answer = await other.request({ method: 'REGISTER', uri: 'sip:example.com' });
    expect(answer.status).toBe(405);
    await other.close();
    for (const socket of sockets) socket.destroy();
  }, 60_000);
});

describe('rubbish', () => {
  it('in floods over UDP is hardly answered', async () => {
    const scanner = await openScanner('127.66.2.1', up.sip);
    const broken = (n: number) =>
      `OPTIONS sip:a@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 127.66.2.1;branch=z9hG4bK${n};rport\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: ${n}\r\nCSeq: none\r\n\r\n`;
    await scanner.send(Array.from({ length: 400 }, (_, n) => broken(n)));
    await placeCall();
    // 20 at once, ten a second after that.
    expect(scanner.counts.answers).toBeGreaterThan(0);
    expect(scanner.counts.answers).toBeLessThan(200);
    scanner.close();
  }, 60_000);

  it('of every kind does not end a program', async () => {
    const pids = { ...up.pids };
    const scanner = await openScanner('127.66.2.2', up.sip);
    await scanner.send([
      ...tortureMessages.map(({ bytes }) => bytes.toString('latin1')),
      ...Array.from({ length: 50 }, (_, n) => randomBytes(100 + 20 * n).toString('latin1')),
      '',
      '\0',
      'INVITE',
      `INVITE sip:a@b SIP/2.0\r\n${'a:\r\n'.repeat(10_000)}\r\n`,
      `INVITE sip:+442079460123@locked.pstn.example.com SIP/2.0\r\n__proto__: x\r\nconstructor: y\r\ntoString: z\r\nVia: SIP/2.0/UDP 127.66.2.2;branch=z9hG4bKproto;rport\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: proto\r\nCSeq: 1 INVITE\r\nContact: <sip:a@127.66.2.2>\r\n\r\n`,
    ]);
    await placeCall();
    scanner.close();
    expect(up.pids).toEqual(pids);
    expect(up.log()).not.toContain('has ended');
  }, 60_000);
});

/** A forged source address must not make us a lever: what goes back is not much more than what came. */
describe('what one datagram of a stranger brings back over UDP', () => {
  const header = (method: string, uri: string) =>
    [
      `${method} ${uri} SIP/2.0`,
      'Via: SIP/2.0/UDP ADDRESS;branch=z9hG4bKBRANCH;rport',
      'Max-Forwards: 70',
      `From: <sip:+15550100@example.com>;tag=1`,
      `To: <${uri}>`,
      'Call-ID: BRANCH',
      `CSeq: 1 ${method}`,
    ].join('\r\n');
  const cases: [what: string, text: string, more: number][] = [
    ['OPTIONS to an unknown domain', `${header('OPTIONS', 'sip:100@example.net')}\r\n\r\n`, 400],
    ['OPTIONS to a trunk', `${header('OPTIONS', 'sip:locked.pstn.example.com')}\r\n\r\n`, 400],
    ['REGISTER', `${header('REGISTER', 'sip:example.net')}\r\n\r\n`, 400],
    [
      'what cannot be read',
      `${header('OPTIONS', 'sip:100@example.net').replace('CSeq: 1', 'CSeq: one')}\r\n\r\n`,
      300,
    ],
    ['a BYE of no call', `${header('BYE', 'sip:100@example.net')}\r\n\r\n`, 300],
    ['a CANCEL of no call', `${header('CANCEL', 'sip:100@example.net')}\r\n\r\n`, 300],
  ];
  it.each(cases)(
    '%s',
    async (_, text, more) => {
      const { sent, back, messages } = await answersTo(text, up.sip);
      expect(messages).toBe(1);
      expect(back).toBeLessThan(sent + more);
    },
    30_000,
  );

  // The answer to an INVITE is repeated until its ACK comes (RFC 3261 §17.2.1), 4 s at most here.
  const invites: [what: string, uri: string][] = [
    ['an INVITE to an unknown domain', 'sip:100@example.net'],
    ['an INVITE to a trunk, which is challenged', TO],
  ];
  it.each(invites)(
    '%s',
    async (_, uri) => {
      const text = `${header('INVITE', uri)}\r\nContact: <sip:a@ADDRESS>\r\nContent-Type: application/sdp\r\nContent-Length: ${SDP.length}\r\n\r\n${SDP}`;
      const exchange: Exchange = await answersTo(text, up.sip, 5_000);
      expect(exchange.messages).toBeLessThanOrEqual(8);
      expect(exchange.largest).toBeLessThan(exchange.sent + 500);
    },
    30_000,
  );
});

describe('the logs of all of that, at every level,', () => {
  it('hold no secret', async () => {
    const wrong = pbx.invite({
      to: TO,
      from: '+15550100',
      proxy: up.sip,
      sdp: SDP,
      auth: { username: 'pbx', password: 'Wrong-Passw0rd-78' },
    });
    await wrong.response(403);
    remember(wrong.authorization);
    const right = [...secrets].find(([what]) => what.startsWith('a digest'))?.[1] ?? '';
    // An Authorization in places where it is not looked for, and broken in each way.
    const scanner = await openScanner('127.66.3.1', up.sip);
    const line = `Digest username="pbx", realm="example.com", nonce="n", uri="${TO}", response="${right}"`;
    const base = (change: string) =>
      `INVITE ${TO} SIP/2.0\r\nVia: SIP/2.0/UDP 127.66.3.1;branch=z9hG4bK${randomBytes(6).toString('hex')};rport\r\nFrom: <sip:+15550100@example.com>;tag=1\r\nTo: <${TO}>\r\nCall-ID: ${randomBytes(6).toString('hex')}\r\nCSeq: 1 INVITE\r\nContact: <sip:a@127.66.3.1>\r\n${change}\r\nContent-Length: 0\r\n\r\n`;
    await scanner.send([
      base(`Proxy-Authorization: ${line}`),
      base(`Authorization: ${line}`),
      base(`Proxy-Authorization ${line}`),
      base(`Proxy-Authorization: Digest\r\nresponse="${right}"`),
      base(`response="${right}"\r\nProxy-Authorization: ${line.replace('Digest', 'Basic')}`),
      base(`Proxy-Authorization: ${line}, username="again"`),
      `response="${right}"\r\n\r\n`,
      `Proxy-Authorization: ${line}\r\n\r\n`,
    ]);
    await placeCall();
    scanner.close();
    expect(leaks(up.log())).toEqual([]);
  }, 60_000);

  it('hold none of an engine that logs everything', async () => {
    const right = [...secrets].find(([what]) => what.startsWith('a digest'))?.[1] ?? '';
    const secret = secrets.get('the secret of the wire protocol') ?? '';
    const program = startProgram({
      command: process.execPath,
      args: [
        ...[
          '--disable-warning=ExperimentalWarning',
          fileURLToPath(new URL('../../sip-engine/src/main.ts', import.meta.url)),
        ],
        ...['--sip', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--secret', secret, '--log-level', 'trace'],
      ],
    });
    const ready = await program.line(
      (text) =>
        text.startsWith('{') ? (JSON.parse(text) as { sip: { port: number }[]; admin: string }) : undefined,
      30_000,
    );
    const scanner = await openScanner('127.66.3.2', { address: '127.0.0.1', port: ready.sip[0]?.port ?? 0 });
    const broken = [
      `INVITE ${TO} SIP/2.0\r\nVia: SIP/2.0/UDP 127.66.3.2;branch=z9hG4bK1;rport\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nresponse="${right}"\r\n\r\n`,
      `response="${right}"\r\n\r\n`,
      `INVITE x SIP/2.0\r\nProxy-Authorization Digest response="${right}"\r\n\r\n`,
    ];
    await scanner.send(broken);
    const [host, port] = ready.admin.split(':');
    const app = connect({ host: host ?? '', port: Number(port) });
    app.on('error', () => undefined).resume();
    for (const payload of [`1|authenticate|${secret}x|`, `2|authenticate|${secret}`])
      app.write(`${payload.length}#${payload}`);
    await once(app, 'close');
    // Its malformed messages are logged before it answers the last of them.
    while (scanner.counts.answers === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    scanner.close();
    await program.stop('SIGINT');
    expect(program.stderr).toContain('malformed');
    expect(leaks(program.stderr)).toEqual([]);
  }, 60_000);
});

const leaks = (log: string): string[] =>
  [...secrets].filter(([, text]) => log.includes(text)).map(([what]) => what);
