// SPDX-License-Identifier: Apache-2.0
import type { BackOffLimits } from '../back-off.ts';

export interface ReflectorTiming {
  /** Objects in one page of a list. */
  pageSize: number;
  listTimeoutMs: number;
  /** The server ends a watch after a random time in between, so that many clients do not return as one. */
  watchSeconds: readonly [least: number, most: number];
  /** A watch that the server has not ended by then is cut from this side: a half-open connection says nothing. */
  watchdogMs: number;
  /** API servers send a bookmark about each minute: without a byte for so long the connection is half open. */
  idleMs: number;
  /** A watch that lived this long counts as healthy. */
  healthyMs: number;
  /** After so many refusals on end (none of them 410) to watch, list again. */
  refusalsBeforeList: number;
  backOff: BackOffLimits;
}

/** client-go's constants; `idleMs` is ours. */
export const REFLECTOR_TIMING: ReflectorTiming = {
  pageSize: 500,
  listTimeoutMs: 60_000,
  watchSeconds: [300, 600],
  watchdogMs: 15_000,
  idleMs: 150_000,
  healthyMs: 1_000,
  refusalsBeforeList: 5,
  backOff: { firstMs: 800, maxMs: 30_000, jitter: 1 },
};
