// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CallRecord } from '@trunkline/sip-proxy/records';
import { runSipp, startSipp, trunk, type Sipp } from '../src/index.ts';
import {
  attemptsOf,
  CALLER,
  OriginationStage,
  ROUTED,
  START_MS,
  STOP_MS,
  traceOf,
} from './origination.fixture.ts';

const CARRIER = '127.0.25.1';
const HOST = '127.0.25.2';
const NUMBER = '+15550100';
const WEIGHTS = [60, 20, 20] as const;
const CALLS = 1_000;
const FEWER_CALLS = 400;
/** New calls per second: what a loaded machine carries without lost packets. */
const RATE = 50;

/** 60/20/20 means 60/20/20 (DESIGN §4), by what the callees themselves count. */
describe('weights', () => {
  const stage = new OriginationStage();
  let callees: Sipp[] = [];

  beforeAll(async () => {
    callees = await Promise.all(
      WEIGHTS.map(() =>
        startSipp({ scenario: 'uas-answer', address: HOST, transport: 'tcp', timeoutSeconds: 300 }),
      ),
    );
    const targets = callees.map(({ port }, index) => ({
      sipUri: `sip:${HOST}:${port};transport=tcp`,
      weight: WEIGHTS[index] as number,
    }));
    await stage.open(trunk('acme', { domainName: null, numbers: [NUMBER], targets }), 'embedded', CARRIER);
  }, START_MS);
  afterAll(async () => {
    for (const callee of callees) await callee.stop();
    await stage.close();
  }, STOP_MS);

  /** Places calls with SIPp, and gives their records, by the time they began. */
  const callsOf = async (calls: number): Promise<CallRecord[]> => {
    const since = new Date();
    const result = await runSipp({
      scenario: 'uac-plain',
      address: CARRIER,
      target: stage.up.sip,
      keys: { to: NUMBER, from: CALLER, domain: '127.0.0.1' },
      calls,
      rate: RATE,
      timeoutSeconds: 120,
    });
    await stage.up.expectIdle(60_000);
    const records = await stage.up.calls({ number: NUMBER, since });
    // What went wrong, if anything did, by our records and by the caller's own.
    const failed = records.filter(({ outcomeCode }) => outcomeCode !== 'answered');
    expect(failed.map(({ outcomeCode, attempts }) => ({ outcomeCode, attempts }))).toEqual([]);
    expect(result).toMatchObject({ exitCode: 0, successful: calls, failed: 0, failures: {} });
    expect(records).toHaveLength(calls);
    return records;
  };

  /** How many calls each target has answered. */
  const sharesOf = (records: CallRecord[]): number[] =>
    WEIGHTS.map(
      (_, index) =>
        records.filter((record) => attemptsOf(record).at(-1) === `acme-uri${index + 1} answered 200 OK`)
          .length,
    );

  /** Whether each share of `calls` is within three standard deviations of the binomial distribution. */
  const isFair = (counts: readonly number[], shares: readonly number[], calls: number): boolean =>
    counts.every((count, index) => {
      const share = shares[index] as number;
      return Math.abs(count - calls * share) <= 3 * Math.sqrt(calls * share * (1 - share));
    });

  /** A fair draw leaves three deviations once in two hundred times: then another thousand calls must not. */
  const fairShares = async (calls: number, shares: readonly number[]): Promise<CallRecord[]> => {
    const records = await callsOf(calls);
    if (isFair(sharesOf(records), shares, calls)) return records;
    const again = await callsOf(calls);
    expect({
      first: sharesOf(records),
      second: sharesOf(again),
      fair: isFair(sharesOf(again), shares, calls),
    }).toMatchObject({
      fair: true,
    });
    return [...records, ...again];
  };

  it('are the share of each target over a thousand calls', async () => {
    const records = await fairShares(CALLS, [0.6, 0.2, 0.2]);
    for (const record of records) {
      expect(record.attempts).toHaveLength(1);
      expect(traceOf(record)).toEqual(ROUTED);
    }
    expect(sharesOf(records).reduce((sum, count) => sum + count)).toBe(records.length);
  }, 300_000);

  it('share the calls of a target that is down among the rest', async () => {
    const [heavy, ...rest] = callees as [Sipp, Sipp, Sipp];
    callees = rest;
    const before = await stage.up.calls({ number: NUMBER });
    expect((await heavy.stop()).successful).toBe(sharesOf(before)[0]);
    const records = await fairShares(FEWER_CALLS, [0, 0.5, 0.5]);
    // Its connection is refused, the next one is tried at once: nobody waits.
    const tried = records.filter(({ attempts }) => attempts[0]?.target === 'acme/acme-uri1');
    expect(tried.length).toBeGreaterThan(0);
    for (const record of tried) {
      expect(attemptsOf(record)[0]).toBe('acme-uri1 next 0');
      expect(record.attempts).toHaveLength(2);
    }
    const counted = await Promise.all(rest.map((callee) => callee.stop()));
    callees = [];
    // What the callees counted and what the records say is the same.
    expect(counted.map(({ successful }) => successful)).toEqual(sharesOf([...before, ...records]).slice(1));
    expect(counted.map(({ failed }) => failed)).toEqual([0, 0]);
  }, 300_000);

  it('has nothing left to do', async () => {
    await stage.up.expectIdle();
  }, 30_000);
});
