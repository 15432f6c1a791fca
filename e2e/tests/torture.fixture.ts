// SPDX-License-Identifier: Apache-2.0
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { EdgeAnswer } from '@trunkline/sip-engine/torture';
import type { Place } from '../src/index.ts';

export interface Question {
  name: string;
  bytes: Buffer;
  transport: 'udp' | 'tcp';
  /** Ours; over UDP with port 5060, since most of the messages ask for their answers there. */
  address: string;
  to: Place;
}

const LIMIT_MS = 40_000;

/**
 * Sends the message, then a REGISTER, which always has an answer: what the edge has not said before that answer it will not
 * say. Final answers and nothing else count.
 */
export const edgeAnswer = async (question: Question): Promise<EdgeAnswer> => {
  const found = Promise.withResolvers<EdgeAnswer>();
  const timer = setTimeout(() => {
    found.reject(new Error(`${question.name}: not even the REGISTER behind it was answered`));
  }, LIMIT_MS);
  const take = (text: string) => {
    const answer = readAnswer(text, question.name);
    if (answer !== undefined) found.resolve(answer);
  };
  const close =
    question.transport === 'udp'
      ? await askUdp(question, take)
      : askTcp(question, take, () => {
          found.resolve('closed');
        });
  try {
    return await found.promise;
  } finally {
    clearTimeout(timer);
    close();
  }
};

const PROBE = 'probe-after-it';

/** By Call-ID: the RFC's names are in theirs. */
const readAnswer = (text: string, name: string): EdgeAnswer | undefined => {
  const status = Number(/^SIP\/2\.0 (\d{3})/.exec(text)?.[1]);
  if (!(status >= 200)) return undefined;
  const ids = text.match(/^call-id *:.*$/gim) ?? [];
  if (ids.some((id) => id.includes(PROBE))) return 'silence';
  return ids.some((id) => id.includes(`${name}.`)) ? status : undefined;
};

const probe = ({ transport, address, name }: Question, port: number): string =>
  [
    'REGISTER sip:example.com SIP/2.0',
    `Via: SIP/2.0/${transport.toUpperCase()} ${address}:${port};branch=z9hG4bKprobe${name};rport`,
    'Max-Forwards: 70',
    'From: <sip:probe@example.com>;tag=1',
    'To: <sip:probe@example.com>',
    `Call-ID: ${PROBE}-${name}@${address}`,
    'CSeq: 1 REGISTER',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');

const askUdp = async (question: Question, take: (text: string) => void): Promise<() => void> => {
  const { address, to, bytes } = question;
  const socket = createSocket('udp4');
  socket.on('message', (data) => {
    take(data.toString('latin1'));
  });
  socket.bind(5060, address);
  await once(socket, 'listening');
  const send = (data: Buffer | string) =>
    new Promise((resolve) => {
      socket.send(data, to.port, to.address, resolve);
    });
  await send(bytes);
  await send(probe(question, 5060));
  return () => {
    socket.close();
  };
};

const askTcp = (question: Question, take: (text: string) => void, closed: () => void): (() => void) => {
  const { address, to, bytes } = question;
  const socket = connect({ host: to.address, port: to.port, localAddress: address });
  let text = '';
  socket.on('connect', () => {
    socket.write(bytes);
    socket.write(probe(question, socket.localPort ?? 0));
  });
  socket.on('data', (data) => {
    text += data.toString('latin1');
    // None of the answers has a body.
    for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
      take(text.slice(0, end));
      text = text.slice(end + 4);
    }
  });
  socket.on('error', () => undefined);
  socket.on('close', closed);
  return () => {
    socket.destroy();
  };
};
