// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { afterEvidence, type Evidence, type TargetState } from './target-state.ts';

const failure: Evidence = { source: 'probe', result: 'failure', error: 'no response in 4 s' };
const failedCall: Evidence = { source: 'call', result: 'failure', error: 'no connection: refused' };
const probe: Evidence = { source: 'probe', result: 'answer' };
const call: Evidence = { source: 'call', result: 'answer' };

/** The state after all of it, one second apart. */
const after = (...evidence: Evidence[]): TargetState | undefined =>
  evidence.reduce<TargetState | undefined>(
    (state, each, index) => afterEvidence(state, each, (index + 1) * 1_000),
    undefined,
  );

describe('the health of a target', () => {
  it('is up at first, and after an answer', () => {
    expect(after(probe)).toEqual({ healthy: true, since: 1_000, streak: 0 });
    expect(after(call)).toEqual({ healthy: true, since: 1_000, streak: 0 });
  });

  it('stays up after one failure and after two, whose reason it keeps', () => {
    expect(after(probe, failure)).toMatchObject({
      healthy: true,
      since: 1_000,
      lastError: 'no response in 4 s',
    });
    expect(after(failure, failure)).toMatchObject({ healthy: true, since: 1_000 });
  });

  it('goes down with the third failure in a row, whether of calls or of probes', () => {
    expect(after(failure, failedCall, failure)).toMatchObject({
      healthy: false,
      since: 3_000,
      lastError: 'no response in 4 s',
    });
    expect(after(failedCall, failedCall, failedCall)).toMatchObject({
      healthy: false,
      lastError: 'no connection: refused',
    });
  });

  it.each([probe, call])('begins to count anew after an answer to a $source', (answer) => {
    expect(after(failure, failure, answer, failure, failure)).toMatchObject({ healthy: true });
    expect(after(failure, failure, answer, failure, failure, failure)).toMatchObject({ healthy: false });
  });

  it('comes back after two answered probes in a row, or one answered call', () => {
    const down = [failure, failure, failure];
    expect(after(...down, probe)).toMatchObject({ healthy: false, since: 3_000 });
    expect(after(...down, probe, failure, probe)).toMatchObject({ healthy: false, since: 3_000 });
    expect(after(...down, probe, probe)).toMatchObject({
      healthy: true,
      since: 5_000,
      lastError: 'no response in 4 s',
    });
    expect(after(...down, call)).toMatchObject({ healthy: true, since: 4_000 });
  });

  it('is down only where the last three were failures or no answer has changed that since', () => {
    const anything = fc.array(fc.constantFrom(failure, failedCall, probe, call), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(anything, (evidence) => {
        const last = evidence.at(-1);
        const state = after(...evidence);
        const failing = evidence.slice(-3).filter(({ result }) => result === 'failure').length === 3;
        if (failing) expect(state?.healthy).toBe(false);
        if (last === call) expect(state?.healthy).toBe(true);
        if (evidence.slice(-2).every(({ result }) => result === 'answer') && evidence.length > 1)
          expect(state?.healthy).toBe(true);
      }),
    );
  });
});
