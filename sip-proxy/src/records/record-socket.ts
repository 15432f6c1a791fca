// SPDX-License-Identifier: Apache-2.0
import { request } from 'node:http';
import type { CallRecord } from './call-record.ts';
import type { RecordFilter } from './record-filter.ts';
import { RecordStoreError, type RecordStoreErrorCode } from './record-store-error.ts';
import type { RecordReader } from './record-store.ts';

const ANSWER_TIMEOUT_MS = 10_000;

/** Nobody listens there: the caller opens the database itself. */
const NOT_SERVED = ['ENOENT', 'ECONNREFUSED', 'ENOTSOCK'];

/**
 * The records of the process that serves `socketPath`; undefined where none does.
 * Throws `RecordStoreError` `unreachable` where the process is there and does not answer.
 */
export const openRecordSocket = async (socketPath: string): Promise<RecordReader | undefined> => {
  try {
    await fetchJson(socketPath, '/calls?limit=1');
  } catch (error) {
    const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
    if (NOT_SERVED.includes(cause?.code ?? '')) return undefined;
    throw error;
  }
  return {
    list: async (filter) => (await fetchJson(socketPath, `/calls?${queryOf(filter)}`)).body as CallRecord[],
    get: async (id) => {
      const { status, body } = await fetchJson(socketPath, `/calls/${encodeURIComponent(id)}`);
      return status === 404 ? undefined : (body as CallRecord);
    },
    close: () => Promise.resolve(),
  };
};

const queryOf = (filter: RecordFilter): string => {
  const { since, ...rest } = filter;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(rest)) query.set(name, String(value));
  if (since) query.set('since', since.toISOString());
  return query.toString();
};

interface Answer {
  status: number;
  body: unknown;
}

const fetchJson = async (socketPath: string, path: string): Promise<Answer> => {
  const { status, text } = await fetchText(socketPath, path);
  const body = parse(text);
  if (status === 200 || status === 404) return { status, body };
  const { code, message } = body as { code?: RecordStoreErrorCode; message?: string };
  throw new RecordStoreError(
    code ?? 'bad-reply',
    message ?? `the process at ${socketPath} answered ${status}`,
  );
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RecordStoreError('bad-reply', 'the answer of the process that has the records is not JSON', {
      cause: error,
    });
  }
};

const fetchText = (socketPath: string, path: string): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const fail = (cause: Error) => {
      reject(new RecordStoreError('unreachable', `no answer at ${socketPath}: ${cause.message}`, { cause }));
    };
    const sent = request({ socketPath, path, agent: false, timeout: ANSWER_TIMEOUT_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', fail);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
      });
    });
    sent.on('timeout', () => sent.destroy(new Error(`nothing for ${ANSWER_TIMEOUT_MS / 1000} s`)));
    sent.on('error', fail);
    sent.end();
  });
