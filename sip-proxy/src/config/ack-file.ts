// SPDX-License-Identifier: Apache-2.0
import type { TargetReport } from '@trunkline/crds';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a proxy says of itself. */
export interface AckContent {
  revisions: Record<string, string>;
  /** How the places are that it sends calls to. */
  health: readonly TargetReport[];
}

/** Says what a proxy has applied and knows: `acks/<instance>.json`, whole at every moment. */
export const writeAck = async (dir: string, instance: string, content: AckContent): Promise<void> => {
  const acks = join(dir, 'acks');
  await mkdir(acks, { recursive: true });
  const temporary = join(acks, `.${instance}.tmp`);
  await writeFile(temporary, JSON.stringify({ instance, ...content, at: new Date().toISOString() }));
  await rename(temporary, join(acks, `${instance}.json`));
};

/** An ended proxy applies nothing any more. */
export const removeAck = (dir: string, instance: string): Promise<void> =>
  rm(join(dir, 'acks', `${instance}.json`), { force: true });
