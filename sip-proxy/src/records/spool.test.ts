// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallRecord } from './call-record.ts';
import { sampleRecord } from './record.fixture.ts';
import type { OpenSpoolHandle } from './spool-file.ts';
import { createSpool, type Spool, type SpoolOptions } from './spool.ts';

let dir: string;
let spools: Spool[];
const log = { info: jest.fn(), warn: jest.fn(), error: jest.fn() };

beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'tl-spool-')), 'spool');
  spools = [];
  jest.clearAllMocks();
});
afterEach(async () => {
  for (const spool of spools) await spool.close();
  rmSync(join(dir, '..'), { recursive: true });
});

const start = (options: Partial<SpoolOptions> = {}): Spool => {
  const spool = createSpool({ dir, instance: 'edge-1', log, retryMs: 10, ...options });
  spools.push(spool);
  return spool;
};
const files = () => readdirSync(dir).sort();
const recordsIn = (name: string) =>
  readFileSync(join(dir, name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as CallRecord);
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('the spool', () => {
  it('puts records into one file, which gets its final name by itself', async () => {
    const spool = start();
    spool.append(sampleRecord(1));
    spool.append(sampleRecord(2));
    await until(() => spool.queued === 0);
    expect(files()).toEqual([expect.stringMatching(/^\d{8}T\d{9}Z-edge_1-000001\.jsonl\.open$/)]);
    await until(() => files()[0]?.endsWith('.jsonl') === true);
    expect(recordsIn(files()[0]!)).toEqual([sampleRecord(1), sampleRecord(2)]);
  });

  it('begins a new file after 500 records, in the order of the calls', async () => {
    const spool = start();
    for (let n = 0; n < 1100; n += 1) spool.append(sampleRecord(n));
    await spool.flush();
    expect(files().map((name) => recordsIn(name).length)).toEqual([500, 500, 100]);
    expect(files().flatMap((name) => recordsIn(name).map(({ sid }) => sid))).toEqual(
      Array.from({ length: 1100 }, (_, n) => sampleRecord(n).sid),
    );
  });

  it('has everything on disk after flush, and after close', async () => {
    const spool = start();
    spool.append(sampleRecord(1));
    await spool.flush();
    expect(files()).toHaveLength(1);
    spool.append(sampleRecord(2));
    await spool.close();
    expect(files().filter((name) => name.endsWith('.jsonl'))).toHaveLength(2);
    expect(log.error).not.toHaveBeenCalled();
  });

  it('picks up what a dead process left open, but not what another one is writing', async () => {
    mkdirSync(dir);
    writeFileSync(join(dir, '1-edge_1-000001.jsonl.open'), 'ours');
    writeFileSync(join(dir, '1-edge_2-000001.jsonl.open'), 'alive');
    writeFileSync(join(dir, '1-edge_3-000001.jsonl.open'), 'dead');
    utimesSync(join(dir, '1-edge_3-000001.jsonl.open'), 1, 1);
    await start().flush();
    expect(files()).toEqual(['1-edge_1-000001.jsonl', '1-edge_2-000001.jsonl.open', '1-edge_3-000001.jsonl']);
  });

  it('keeps records in memory while the folder cannot be written, drops beyond the limit, and recovers', async () => {
    writeFileSync(dir, 'a file where the folder should be');
    const spool = start({ maxQueued: 3 });
    for (let n = 1; n <= 5; n += 1) spool.append(sampleRecord(n));
    await spool.flush();
    await spool.flush();
    expect({ queued: spool.queued, dropped: spool.dropped }).toEqual({ queued: 3, dropped: 2 });
    expect(log.error).toHaveBeenCalledTimes(1);

    rmSync(dir);
    await until(() => spool.queued === 0);
    await spool.flush();
    expect(files().flatMap(recordsIn)).toEqual([sampleRecord(1), sampleRecord(2), sampleRecord(3)]);
    expect(log.info).toHaveBeenCalledWith(
      expect.objectContaining({ dropped: 2 }),
      expect.stringContaining('writable again'),
    );
  });

  it('leaves no half line behind when the disk is full, and loses nothing', async () => {
    let space = 1500;
    const openHandle: OpenSpoolHandle = async (path) => {
      const handle = await open(path, 'ax');
      return {
        appendFile: async (data) => {
          const fits = data.slice(0, space);
          space -= fits.length;
          await handle.appendFile(fits);
          if (fits.length < data.length) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
        },
        truncate: (bytes) => handle.truncate(bytes),
        close: () => handle.close(),
      };
    };
    const spool = start({ openHandle });
    spool.append(sampleRecord(1));
    await spool.flush();
    spool.append(sampleRecord(2));
    await spool.flush();
    expect(spool.queued).toBe(1);
    space = 1_000_000;
    await until(() => spool.queued === 0);
    await spool.flush();
    expect(
      files().flatMap((name) => (readFileSync(join(dir, name)).length > 0 ? recordsIn(name) : [])),
    ).toEqual([sampleRecord(1), sampleRecord(2)]);
  });

  it('says at the end how many records are lost', async () => {
    writeFileSync(dir, 'still no folder');
    const spool = start();
    spool.append(sampleRecord(1));
    await spool.close();
    expect(log.error).toHaveBeenLastCalledWith(
      expect.objectContaining({ lost: 1 }),
      expect.stringContaining('lost'),
    );
    spool.append(sampleRecord(2));
    expect(spool.dropped).toBe(1);
  });
});
