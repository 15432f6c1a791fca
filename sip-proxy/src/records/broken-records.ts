// SPDX-License-Identifier: Apache-2.0
import { appendFile, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordsLog } from './records-log.ts';
import type { BrokenLine } from './spool-lines.ts';

/** Lines and files that can never be stored are set aside for a person, under the name they came in. */
export const brokenRecords = (spoolDir: string, log: RecordsLog) => {
  const dir = join(spoolDir, 'broken');
  return {
    keepLines: async (file: string, lines: BrokenLine[]): Promise<void> => {
      if (lines.length === 0) return;
      await mkdir(dir, { recursive: true, mode: 0o700 });
      await appendFile(join(dir, file), lines.map(({ line }) => `${line}\n`).join(''), { mode: 0o600 });
      log.error(
        { file: join(dir, file), lines: lines.length, why: lines[0]?.why },
        'broken call records set aside',
      );
    },
    keepFile: async (file: string, error: unknown): Promise<void> => {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      await rename(join(spoolDir, file), join(dir, file));
      log.error({ file: join(dir, file), err: error }, 'a record file that cannot be read was set aside');
    },
  };
};
