// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { Place } from './sip/index.ts';

const ANSWER_MS = 500;

/** One ng command in JSON over UDP, the tests' own way to a media node; undefined where no answer came. */
export const ngRequest = (
  node: Place,
  command: Record<string, unknown>,
): Promise<Record<string, unknown> | undefined> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4');
    const done = (answer?: Record<string, unknown>) => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(done, ANSWER_MS);
    socket.on('error', () => undefined);
    socket.once('message', (data) => {
      const text = data.toString('utf8');
      done(JSON.parse(text.slice(text.indexOf('{'))) as Record<string, unknown>);
    });
    socket.send(`${randomBytes(16).toString('hex')} ${JSON.stringify(command)}`, node.port, node.address);
  });

/** Calls on a node. */
export const ngCalls = async (node: Place): Promise<number> => {
  const answer = await ngRequest(node, { command: 'list', limit: 100_000 });
  if (!Array.isArray(answer?.calls))
    throw new Error(`the media node at ${node.address}:${node.port} does not list its calls`);
  return answer.calls.length;
};
