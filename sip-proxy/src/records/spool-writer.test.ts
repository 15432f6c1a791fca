// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallRecord } from './call-record.ts';
import { sampleRecord } from './record.fixture.ts';
import { createSpool } from './spool.ts';
import { startSpoolWriter, type SpoolWriter } from './spool-writer.ts';

let dir: string;
let writer: SpoolWriter | undefined;
let stored: CallRecord[][];
const log = { info: jest.fn(), warn: jest.fn(), error: jest.fn() };

beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'tl-writer-')), 'spool');
  mkdirSync(dir);
  stored = [];
  jest.clearAllMocks();
});
afterEach(async () => {
  await writer?.stop();
  rmSync(join(dir, '..'), { recursive: true });
});

const put = (name: string, ...records: (CallRecord | string)[]) => {
  const lines = records.map((record) => (typeof record === 'string' ? record : JSON.stringify(record)));
  writeFileSync(join(dir, `${name}.part`), lines.map((line) => `${line}\n`).join(''));
  renameSync(join(dir, `${name}.part`), join(dir, `${name}.jsonl`));
};
const store = {
  insertMany: (records: CallRecord[]) => {
    stored.push(records);
    return Promise.resolve(records.length);
  },
};
const start = (insertMany = store.insertMany): SpoolWriter => {
  writer = startSpoolWriter({ spoolDir: dir, store: { insertMany }, log, retryMs: 5 });
  return writer;
};
const left = () => readdirSync(dir).filter((name) => name !== 'broken');

describe('the spool writer', () => {
  it('stores the files that are there, in the order of their names, and deletes them', async () => {
    put('2', sampleRecord(3));
    put('1', sampleRecord(1), sampleRecord(2));
    await start().idle();
    expect(stored).toEqual([[sampleRecord(1), sampleRecord(2)], [sampleRecord(3)]]);
    expect(left()).toEqual([]);
  });

  it('sees a new file by itself, and takes none that is still open', async () => {
    const running = start();
    await running.idle();
    writeFileSync(join(dir, '1-x-000001.jsonl.open'), `${JSON.stringify(sampleRecord(1))}\n`);
    await running.idle();
    expect(stored).toEqual([]);
    renameSync(join(dir, '1-x-000001.jsonl.open'), join(dir, '1-x-000001.jsonl'));
    while (stored.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(stored).toEqual([[sampleRecord(1)]]);
  });

  it('takes what a spool writes, without loss or repetition', async () => {
    const running = start();
    const spool = createSpool({ dir, instance: 'one', log });
    const all = Array.from({ length: 1200 }, (_, n) => sampleRecord(n));
    for (const record of all) spool.append(record);
    await spool.close();
    await running.idle();
    expect(stored.flat()).toEqual(all);
    expect(running.pending).toBe(0);
  });

  it('picks up a file whose process died a while ago, cut line and all', async () => {
    const name = join(dir, '1-gone-000001.jsonl.open');
    writeFileSync(name, `${JSON.stringify(sampleRecord(1))}\n{"sid":"CA0`);
    utimesSync(name, 1, 1);
    await start().idle();
    expect(stored).toEqual([[sampleRecord(1)]]);
    expect(readFileSync(join(dir, 'broken', '1-gone-000001.jsonl'), 'utf8')).toBe('{"sid":"CA0\n');
  });

  it.each([
    ['no JSON', 'what?', /what\?|Unexpected/],
    ['no object', '7', /not an object/],
    ['a wrong sid', JSON.stringify({ ...sampleRecord(2), sid: 'CA1' }), /sid is not CA/],
    ['a wrong time', JSON.stringify({ ...sampleRecord(2), endedAt: 'soon' }), /endedAt is missing/],
    ['a wrong number', JSON.stringify({ ...sampleRecord(2), sipStatus: '200' }), /sipStatus is missing/],
    ['no trace', JSON.stringify({ ...sampleRecord(2), trace: undefined }), /trace is missing/],
    ['no source', JSON.stringify({ ...sampleRecord(2), source: null }), /source is missing/],
  ])('sets a line aside that is %s, says why, and stores the others', async (_what, line, why) => {
    put('1', sampleRecord(1), line, sampleRecord(3));
    await start().idle();
    expect(stored).toEqual([[sampleRecord(1), sampleRecord(3)]]);
    expect(readFileSync(join(dir, 'broken', '1.jsonl'), 'utf8')).toBe(`${line}\n`);
    expect(log.error).toHaveBeenCalledWith(
      expect.objectContaining({ lines: 1, why: expect.stringMatching(why) }),
      expect.anything(),
    );
    expect(left()).toEqual([]);
  });

  it('sets aside what it cannot read, and goes on', async () => {
    mkdirSync(join(dir, '1.jsonl'));
    put('2', sampleRecord(2));
    await start().idle();
    expect(stored).toEqual([[sampleRecord(2)]]);
    expect(existsSync(join(dir, 'broken', '1.jsonl'))).toBe(true);
  });

  it('keeps files while the store fails, tries again, and says both once', async () => {
    let failures = 3;
    put('1', sampleRecord(1));
    const running = start((records) => {
      if (failures-- > 0) return Promise.reject(new Error('connection refused'));
      return store.insertMany(records);
    });
    await running.idle();
    expect(stored).toEqual([[sampleRecord(1)]]);
    expect(left()).toEqual([]);
    expect(log.error).toHaveBeenCalledTimes(1);
    expect(log.info).toHaveBeenCalledTimes(1);
  });

  it('sets aside the one record that the database refuses', async () => {
    const records = Array.from({ length: 9 }, (_, n) => sampleRecord(n));
    put('1', ...records);
    await start((batch) => {
      if (batch.some(({ sid }) => sid === records[5]!.sid)) {
        return Promise.reject(Object.assign(new Error('value out of range'), { code: '22003' }));
      }
      return store.insertMany(batch);
    }).idle();
    expect(stored.flat()).toEqual(records.filter((_, n) => n !== 5));
    expect(readFileSync(join(dir, 'broken', '1.jsonl'), 'utf8')).toBe(`${JSON.stringify(records[5])}\n`);
  });

  it('survives the loss of its folder', async () => {
    const running = start();
    await running.idle();
    rmSync(dir, { recursive: true });
    const gone = running.idle();
    await gone;
    mkdirSync(dir, { recursive: true });
    put('1', sampleRecord(1));
    await running.idle();
    expect(stored).toEqual([[sampleRecord(1)]]);
  });

  it('stops after the file at hand and leaves the rest', async () => {
    put('1', sampleRecord(1));
    put('2', sampleRecord(2));
    let stopping: Promise<void> | undefined;
    const running = start((records) => {
      stopping = running.stop();
      return store.insertMany(records);
    });
    await running.idle();
    await stopping;
    expect(left()).toEqual(['2.jsonl']);
  });
});
