// SPDX-License-Identifier: Apache-2.0
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Says which revisions a proxy has applied: `acks/<instance>.json`, whole at every moment. */
export const writeAck = async (
  dir: string,
  instance: string,
  revisions: Record<string, string>,
): Promise<void> => {
  const acks = join(dir, 'acks');
  await mkdir(acks, { recursive: true });
  const temporary = join(acks, `.${instance}.tmp`);
  await writeFile(temporary, JSON.stringify({ instance, revisions, at: new Date().toISOString() }));
  await rename(temporary, join(acks, `${instance}.json`));
};

/** An ended proxy applies nothing any more. */
export const removeAck = (dir: string, instance: string): Promise<void> =>
  rm(join(dir, 'acks', `${instance}.json`), { force: true });
