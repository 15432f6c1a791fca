// SPDX-License-Identifier: Apache-2.0
import type { CheckResult, Stop } from './checks/check.ts';
import type { TraceStep } from './decision.ts';

/** The trace of one request while its checks run; ends with the first check that stops it. */
export class Course {
  readonly trace: TraceStep[] = [];
  stop: Stop | undefined;

  /** Notes a check's result; false where the request ends there. A check that had nothing to look at leaves no step. */
  take(result: CheckResult | undefined): boolean {
    if (result === undefined) return true;
    this.trace.push(result.step);
    this.stop = result.stop;
    return result.stop === undefined;
  }
}
