// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Protocol, ServerTransaction } from '../transaction/contract.ts';
import { flowTo } from '../transaction/testing/simulated-transport.ts';
import { repeatAnswer } from './answer-repetition.ts';
import { defaultSettings } from './context.ts';

const settings = { ...defaultSettings, timers: { t1: 500, t2: 4000, t4: 5000, t1x64: 32_000 } };

describe('the 2xx of an INVITE without its ACK (RFC 3261 §13.3.1.4)', () => {
  let started: number;
  let times: number[];
  let gaveUp: number[];

  const since = (): number => Date.now() - started;

  function answer(protocol: Protocol, timers = settings.timers): () => void {
    const transaction = {
      flow: flowTo(protocol, '203.0.113.9', 5060),
      repeat: () => times.push(since()),
    } as unknown as ServerTransaction;
    return repeatAnswer(transaction, { ...settings, timers }, () => gaveUp.push(since()));
  }

  beforeEach(() => {
    jest.useFakeTimers();
    [started, times, gaveUp] = [Date.now(), [], []];
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('is repeated after T1, doubling up to T2, and given up after 64 x T1', () => {
    answer('udp');
    jest.advanceTimersByTime(100_000);
    expect(times).toEqual([500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    expect(gaveUp).toEqual([32_000]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is not repeated over TCP, where it is given up just so', () => {
    answer('tcp');
    jest.advanceTimersByTime(100_000);
    expect(times).toEqual([]);
    expect(gaveUp).toEqual([32_000]);
  });

  it('is given up no sooner where we give up on our own requests sooner', () => {
    answer('tcp', { ...settings.timers, t1x64: 4000 });
    jest.advanceTimersByTime(100_000);
    expect(gaveUp).toEqual([32_000]);
  });

  it('is left alone once stopped', () => {
    const stop = answer('udp');
    jest.advanceTimersByTime(2000);
    stop();
    expect(jest.getTimerCount()).toBe(0);
    jest.advanceTimersByTime(100_000);
    expect(times).toEqual([500, 1500]);
    expect(gaveUp).toEqual([]);
  });
});
