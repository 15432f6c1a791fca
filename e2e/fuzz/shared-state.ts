// SPDX-License-Identifier: Apache-2.0
import { LONGEST } from './mutate.ts';

/** What the fuzzing thread and the one that watches it both see: also while the first hangs. */
export interface SharedState {
  /** By the names below. */
  numbers: Int32Array;
  /** The input that is being read. */
  input: Uint8Array;
}

/** Places in `numbers`. */
export const AT = { done: 0, accepted: 1, target: 2, length: 3, stop: 4 } as const;

const NUMBERS_BYTES = 64;

export const newMemory = (): SharedArrayBuffer => new SharedArrayBuffer(NUMBERS_BYTES + LONGEST);

export const viewOf = (memory: SharedArrayBuffer): SharedState => ({
  numbers: new Int32Array(memory, 0, NUMBERS_BYTES / 4),
  input: new Uint8Array(memory, NUMBERS_BYTES),
});
