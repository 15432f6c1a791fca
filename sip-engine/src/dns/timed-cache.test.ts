// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from '@jest/globals';
import { TimedCache } from './timed-cache.ts';

describe('remembered answers', () => {
  let now: number;
  let asked: number;
  let cache: TimedCache<string>;
  let answer: () => Promise<string[]>;

  const get = (key = 'a.example'): Promise<string[]> =>
    cache.get(key, () => {
      asked += 1;
      return answer();
    });
  const fail = (): Promise<string[]> => Promise.reject(new Error('SERVFAIL'));

  beforeEach(() => {
    [now, asked] = [1000, 0];
    cache = new TimedCache({ positive: 30_000, negative: 2000, stale: 60_000 }, () => now);
    answer = () => Promise.resolve([`answer ${asked}`]);
  });

  it('serve until their time is over', async () => {
    expect(await get()).toEqual(['answer 1']);
    now += 29_999;
    expect(await get()).toEqual(['answer 1']);
    now += 1;
    expect(await get()).toEqual(['answer 2']);
  });

  it('are kept by name', async () => {
    await get();
    expect(await get('b.example')).toEqual(['answer 2']);
    expect(await get()).toEqual(['answer 1']);
  });

  it('are shared by those who ask at the same time, also where the name server is slow', async () => {
    let deliver: (records: string[]) => void = () => undefined;
    answer = () =>
      new Promise((resolve) => {
        deliver = resolve;
      });
    const first = get();
    now += 100_000;
    const second = get();
    deliver(['late']);
    expect(await Promise.all([first, second])).toEqual([['late'], ['late']]);
    expect(asked).toBe(1);
    // Its time begins when it came.
    now += 29_999;
    await get();
    expect(asked).toBe(1);
  });

  it('that there is none serve shortly', async () => {
    answer = () => Promise.resolve([]);
    await get();
    now += 1999;
    await get();
    expect(asked).toBe(1);
    now += 1;
    await get();
    expect(asked).toBe(2);
  });

  it('do not come for a while after a failure', async () => {
    answer = fail;
    await expect(get()).rejects.toThrow('SERVFAIL');
    now += 1999;
    await expect(get()).rejects.toThrow('SERVFAIL');
    expect(asked).toBe(1);
    now += 1;
    answer = () => Promise.resolve(['there']);
    expect(await get()).toEqual(['there']);
  });

  it('serve longer where the name server fails (RFC 8767), which is asked again in between', async () => {
    await get();
    answer = fail;
    now += 30_000;
    expect(await get()).toEqual(['answer 1']);
    now += 1999;
    await get();
    expect(asked).toBe(2);
    now += 1;
    await get();
    expect(asked).toBe(3);
    now = 1000 + 60_001;
    await expect(get()).rejects.toThrow('SERVFAIL');
    now += 2000;
    answer = () => Promise.resolve(['back']);
    expect(await get()).toEqual(['back']);
  });

  it('do not serve on once the name server has said that there is none', async () => {
    await get();
    now += 30_000;
    answer = () => Promise.resolve([]);
    expect(await get()).toEqual([]);
    now += 2000;
    answer = fail;
    await expect(get()).rejects.toThrow('SERVFAIL');
  });

  it('go, oldest first, before they fill the memory', async () => {
    for (let n = 0; n < 10_001; n += 1) await get(`${n}.example`);
    await get('1.example');
    expect(asked).toBe(10_001);
    await get('0.example');
    expect(asked).toBe(10_002);
  });
});
