// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { clearAcks, hasApplied, readAcks, waitForAcks } from './acknowledgements.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'acks-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function acknowledge(instance: string, revisions: Record<string, string>): Promise<void> {
  const folder = join(directory, 'acks');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `.${instance}.tmp`), JSON.stringify({ instance, revisions, at: '' }));
  await rename(join(folder, `.${instance}.tmp`), join(folder, `${instance}.json`));
}

const never = new AbortController().signal;

describe('acknowledgements', () => {
  it('are awaited from the instances that are named', async () => {
    const wanted = { global: '2', a1: '1' };
    await acknowledge('one', wanted);
    await acknowledge('two', { ...wanted, global: '1' });
    let done = false;
    const waiting = waitForAcks(directory, wanted, ['one', 'two'], never).then((acks) => {
      done = true;
      return acks;
    });
    expect(await waitForAcks(directory, wanted, 1, never)).toHaveLength(1);
    expect(done).toBe(false);
    await acknowledge('two', wanted);
    expect((await waiting).map(({ instance }) => instance).sort()).toEqual(['one', 'two']);
  });

  it('reject with the reason of the signal', async () => {
    const stop = new AbortController();
    const waiting = waitForAcks(directory, { global: '1' }, 1, stop.signal);
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  it('count only when nothing is older and nothing is left that is gone', () => {
    const ack = { instance: 'one', revisions: { global: '1', a1: '1' }, at: '' };
    expect(hasApplied(ack, { global: '1', a1: '1' })).toBe(true);
    expect(hasApplied(ack, { global: '1', a1: '2' })).toBe(false);
    expect(hasApplied(ack, { global: '1' })).toBe(false);
    expect(hasApplied(ack, { global: '1', a1: '1', b2: '1' })).toBe(false);
  });

  it('that cannot be read are none, and are forgotten on demand', async () => {
    await acknowledge('one', { global: '1' });
    await writeFile(join(directory, 'acks', 'cut.json'), '{"instance":');
    expect((await readAcks(directory)).map(({ instance }) => instance)).toEqual(['one']);
    await clearAcks(directory);
    expect(await readAcks(directory)).toEqual([]);
  });
});
