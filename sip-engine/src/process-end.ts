// SPDX-License-Identifier: Apache-2.0

export interface Endings {
  /** Takes no new calls; resolves when the last one has ended. */
  drain: () => Promise<void>;
  stop: () => Promise<void>;
}

/** SIGTERM drains, a second one and SIGINT stop at once. */
export function onSignals({ drain, stop }: Endings): void {
  let draining = false;
  process.on('SIGINT', () => void stop());
  process.on('SIGTERM', () => {
    if (draining) void stop();
    else void drain().then(stop);
    draining = true;
  });
}

/** A child of another of our programs ends when its parent does: the pipe on stdin closes then, however the parent died. */
export function endWithParent(stop: () => Promise<void>): void {
  if (process.env['TRUNKLINE_CHILD'] !== '1') return;
  process.stdin.on('end', () => void stop());
  process.stdin.on('close', () => void stop());
  process.stdin.on('error', () => void stop());
  process.stdin.resume();
}
