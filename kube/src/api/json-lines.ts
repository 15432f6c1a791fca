// SPDX-License-Identifier: Apache-2.0
import { KubeError } from './kube-error.ts';

/** No object in etcd comes near (its limit is 1.5 MiB): more than this in one line is no watch stream. */
const LONGEST_LINE = 32 * 1024 * 1024;

/**
 * The values of a stream of JSON lines. Lines are cut in bytes, so a character may span two chunks. What follows the last line
 * feed is dropped: a stream cut in mid-line has not said it. Throws `malformed` on a line that is no JSON.
 */
export async function* jsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator {
  let pending: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...pending, chunk.subarray(from, at)]).toString('utf8');
      pending = [];
      length = 0;
      from = at + 1;
      if (line.trim() !== '') yield parse(line);
    }
    pending.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > LONGEST_LINE) throw new KubeError({ code: 'malformed', message: 'a line without end' });
  }
}

export function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new KubeError({ code: 'malformed', message: `not JSON: ${text.slice(0, 100)}`, cause });
  }
}
