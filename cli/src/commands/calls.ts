// SPDX-License-Identifier: Apache-2.0
import type { RecordReader } from '@trunkline/sip-proxy/records';
import { callDetail } from './calls-detail.ts';
import { parseCallsOptions, type CallsOptions } from './calls-options.ts';
import { openCallsReader } from './calls-reader.ts';
import { callsTable } from './calls-table.ts';

/** Where a command writes; `process` is one. */
export interface CallsIo {
  stdout: { write(text: string): unknown; columns?: number };
  stderr: { write(text: string): unknown };
}

/** `trunkline calls` and `trunkline calls ID`. Exit codes: 0, 1 no such call or no records, 2 wrong flags. */
export const callsCommand = async (argv: string[], io: CallsIo): Promise<number> => {
  let options: CallsOptions;
  try {
    options = parseCallsOptions(argv);
  } catch (error) {
    io.stderr.write(`trunkline calls: ${messageOf(error)} (see \`trunkline help calls\`)\n`);
    return 2;
  }
  try {
    return await answer(options, io);
  } catch (error) {
    io.stderr.write(`trunkline calls: ${messageOf(error)}\n`);
    return 1;
  }
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const answer = async (options: CallsOptions, io: CallsIo): Promise<number> => {
  const reader = await openCallsReader(options);
  try {
    return options.id === undefined
      ? await list(reader, options, io)
      : await show(reader, { ...options, id: options.id }, io);
  } finally {
    await reader.close();
  }
};

const list = async (reader: RecordReader, options: CallsOptions, io: CallsIo): Promise<number> => {
  const records = await reader.list(options.filter);
  io.stdout.write(options.json ? `${JSON.stringify(records, null, 2)}\n` : callsTable(records));
  return 0;
};

const show = async (
  reader: RecordReader,
  options: CallsOptions & { id: string },
  io: CallsIo,
): Promise<number> => {
  const record = await reader.get(options.id);
  if (!record) {
    io.stderr.write(
      `trunkline calls: no call "${options.id}": give a SID, at least 4 digits of one, or a Call-ID\n`,
    );
    return 1;
  }
  const width = io.stdout.columns ?? 100;
  io.stdout.write(
    options.json
      ? `${JSON.stringify(record, null, 2)}\n`
      : callDetail(record, { width, ascii: options.ascii }),
  );
  return 0;
};
