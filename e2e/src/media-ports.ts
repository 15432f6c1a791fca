// SPDX-License-Identifier: Apache-2.0

/** Below Linux's range for ports that the system hands out (ip(7): 32768 to 60999). */
const FIRST = 10_000;
const PER_WORKER = 4_000;
const PER_RANGE = 800;

let taken = 0;

/** A range of media ports that no other suite of this machine uses at the same time: 200 calls. */
export const mediaPortRange = (size = PER_RANGE): { min: number; max: number } => {
  const worker = Number(process.env.JEST_WORKER_ID ?? 0) % 5;
  if (taken + size > PER_WORKER) taken = 0;
  const min = FIRST + worker * PER_WORKER + taken;
  taken += size;
  return { min, max: min + size - 1 };
};
