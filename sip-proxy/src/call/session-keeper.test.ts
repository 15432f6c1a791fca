// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Session } from './session-interval.ts';
import { RETRY_MS, SessionKeeper, type Refreshed } from './session-keeper.ts';

const SECOND = 1_000;

describe('a session', () => {
  let refreshes: number;
  let ends: string[];
  let outcomes: Refreshed[];

  beforeEach(() => {
    jest.useFakeTimers();
    refreshes = 0;
    ends = [];
    outcomes = [];
  });
  afterEach(() => {
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  const keep = (session: Session): SessionKeeper => {
    const keeper: SessionKeeper = new SessionKeeper(session, {
      refresh: () => {
        refreshes += 1;
        const outcome = outcomes.shift() ?? 'done';
        if (outcome === 'done') keeper.agreed(keeper.session);
        return Promise.resolve(outcome);
      },
      expired: (why) => {
        ends.push(why);
        keeper.stop();
      },
    });
    return keeper;
  };

  it('is refreshed by us, each time before half of it has passed', async () => {
    const keeper = keep({ interval: 90, refresher: 'us' });
    await jest.advanceTimersByTimeAsync(35 * SECOND);
    expect(refreshes).toBe(0);
    await jest.advanceTimersByTimeAsync(2 * SECOND);
    expect(refreshes).toBe(1);
    await jest.advanceTimersByTimeAsync(36 * 9 * SECOND);
    expect(refreshes).toBe(10);
    keeper.stop();
    await jest.advanceTimersByTimeAsync(3_600 * SECOND);
    expect([refreshes, ends]).toEqual([10, []]);
  });

  it('ends when the peer that had to refresh has not', async () => {
    keep({ interval: 90, refresher: 'peer' });
    await jest.advanceTimersByTimeAsync(59 * SECOND);
    expect(ends).toEqual([]);
    await jest.advanceTimersByTimeAsync(1 * SECOND);
    expect(ends).toEqual(['no refresh came in the session interval of 90 s']);
  });

  it('goes on for as long as the peer refreshes, and changes its parts with it', async () => {
    const keeper = keep({ interval: 90, refresher: 'peer' });
    for (let times = 0; times < 10; times += 1) {
      await jest.advanceTimersByTimeAsync(45 * SECOND);
      keeper.agreed({ interval: 90, refresher: 'peer' });
    }
    expect(ends).toEqual([]);
    keeper.agreed({ interval: 600, refresher: 'us' });
    await jest.advanceTimersByTimeAsync(240 * SECOND);
    expect([refreshes, ends]).toEqual([1, []]);
    keeper.stop();
  });

  it('waits a little where somebody negotiates', async () => {
    outcomes = ['later', 'later'];
    const keeper = keep({ interval: 90, refresher: 'us' });
    await jest.advanceTimersByTimeAsync(36 * SECOND + 2 * RETRY_MS);
    expect(refreshes).toBe(3);
    keeper.stop();
  });

  it('outlives a lost refresh, not three of them', async () => {
    outcomes = ['silent', 'silent', 'done', 'silent', 'silent', 'silent'];
    keep({ interval: 90, refresher: 'us' });
    await jest.advanceTimersByTimeAsync(36 * SECOND + 2 * RETRY_MS);
    expect([refreshes, ends]).toEqual([3, []]);
    await jest.advanceTimersByTimeAsync(36 * SECOND + 2 * RETRY_MS);
    expect([refreshes, ends]).toEqual([6, ['no answer to 3 refreshes']]);
  });

  it('goes on with a peer that refuses refreshes: it is there', async () => {
    outcomes = ['refused', 'refused'];
    const keeper = keep({ interval: 90, refresher: 'us' });
    await jest.advanceTimersByTimeAsync(108 * SECOND);
    expect([refreshes, ends]).toEqual([3, []]);
    keeper.stop();
  });

  it('ends at once where the peer does not know the call', async () => {
    outcomes = ['gone'];
    keep({ interval: 90, refresher: 'us' });
    await jest.advanceTimersByTimeAsync(36 * SECOND);
    expect(ends).toEqual(['the refresh was answered with 481']);
  });

  it('is left alone by a refresh that comes back after the end', async () => {
    const late = Promise.withResolvers<Refreshed>();
    const keeper = new SessionKeeper(
      { interval: 90, refresher: 'us' },
      { refresh: () => late.promise, expired: (why) => ends.push(why) },
    );
    await jest.advanceTimersByTimeAsync(36 * SECOND);
    keeper.stop();
    late.resolve('gone');
    await late.promise;
    expect(ends).toEqual([]);
  });
});
