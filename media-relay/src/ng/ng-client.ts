// SPDX-License-Identifier: Apache-2.0
import type { Reply } from 'rtpengine-client';
import { QuietClient } from './quiet-client.ts';

export type NgCommand = 'ping' | 'offer' | 'answer' | 'delete' | 'query' | 'list' | 'statistics';

/** What became of a command. */
export type NgResult =
  | { outcome: 'ok'; reply: Reply }
  /** The node is full or draining (`supports: ["load limit"]`). */
  | { outcome: 'loadLimit'; reason: string }
  /** The node refused: rtpengine's `error-reason`. */
  | { outcome: 'error'; reason: string }
  /** No reply within the deadline, or nothing could be sent: whether the node executed it is unknown. */
  | { outcome: 'timeout'; reason: string };

export interface NgAddress {
  host: string;
  port: number;
}

export interface NgClient {
  /** Never rejects. `deadlineMs`: 2000 unless given. */
  command(
    to: NgAddress,
    command: NgCommand,
    body?: Record<string, unknown>,
    deadlineMs?: number,
  ): Promise<NgResult>;
  /** Replies that came after their command had ended, and repeated ones. */
  readonly lateReplies: number;
  close(): void;
}

/** Milliseconds after the first datagram at which the same datagram goes out again while no reply is there. */
const REPEAT_AT_MS = [100, 200, 400, 700, 1100, 1500] as const;
const DEADLINE_MS = 2000;
/** Replies come in bursts; with the kernel's default, a burst of 100 deletes lost replies. */
const RECEIVE_BUFFER_BYTES = 4 << 20;

/**
 * ng commands over one UDP socket, by rtpengine-client. Each is repeated with its own cookie until it is answered or its
 * deadline passes; rtpengine executes it once (it keeps its replies by cookie).
 *
 * @param onError told about what is nobody's command: socket errors and malformed replies
 */
export function createNgClient(onError: (error: unknown) => void = () => undefined): NgClient {
  const client = new QuietClient();
  client.on('error', onError);
  client.once('listening', () => {
    try {
      client.socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
    } catch (error) {
      onError(error);
    }
  });
  let closed = false;
  return {
    command(to, command, body = {}, deadlineMs = DEADLINE_MS) {
      if (closed) return Promise.resolve({ outcome: 'timeout', reason: 'the ng client is closed' });
      return new Promise((resolve) => {
        let repeat: NodeJS.Timeout | undefined;
        client.timeout = deadlineMs;
        client[command](to, body, (error, reply) => {
          clearTimeout(repeat);
          resolve(toResult(error, reply));
        });
        const datagram = client.lastDatagram;
        const schedule = (attempt: number): void => {
          const at = REPEAT_AT_MS[attempt];
          if (at === undefined || at >= deadlineMs) return;
          repeat = setTimeout(
            () => {
              client.repeat(datagram, to.host, to.port);
              schedule(attempt + 1);
            },
            at - (REPEAT_AT_MS[attempt - 1] ?? 0),
          );
        };
        schedule(0);
      });
    },
    get lateReplies() {
      return client.lateReplies;
    },
    close() {
      if (closed) return;
      closed = true;
      client.abort(new Error('the ng client was closed'));
    },
  };
}

/**
 * The package calls back with a string for an error reply, with an Error for a timeout or a failed send, and with
 * neither error nor reply for an error reply without a reason.
 */
function toResult(error: string | Error | null | undefined, reply: Reply | undefined): NgResult {
  if (typeof error === 'string') return { outcome: 'error', reason: error };
  if (error) return { outcome: 'timeout', reason: error.message };
  if (reply === undefined) return { outcome: 'error', reason: 'the node gave no reason' };
  if (reply.result === 'load limit')
    return { outcome: 'loadLimit', reason: text(reply.message) ?? 'load limit' };
  return { outcome: 'ok', reply };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
