// SPDX-License-Identifier: Apache-2.0

export interface Stoppable {
  /** Takes no new work; resolves when the last of it is done. */
  drain(): Promise<void>;
  /** Ends at once. */
  stop(): Promise<void>;
}

/** SIGTERM drains; SIGINT, a second SIGTERM, or the death of a parent that asked for it stops at once (ARCHITECTURE.md). */
export const obeyStopSignals = (program: Stoppable, exit: (code: number) => void): void => {
  let draining = false;
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    void program.stop().finally(() => {
      exit(0);
    });
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', () => {
    if (draining) {
      stop();
      return;
    }
    draining = true;
    void program.drain().then(stop, stop);
  });
  if (process.env['TRUNKLINE_CHILD'] === '1') {
    process.stdin.on('end', stop).on('close', stop).on('error', stop);
    process.stdin.resume();
  }
};
