// SPDX-License-Identifier: Apache-2.0

/**
 * Fires on SIGTERM or SIGINT, and where a parent that asked for it has died (ARCHITECTURE.md): what is being written is written
 * to its end, and the lease given back. A second signal ends the process at once.
 */
export function stopSignal(exit: (code: number) => void): AbortSignal {
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) exit(0);
    else stop.abort();
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  if (process.env.TRUNKLINE_CHILD === '1') {
    const orphaned = () => {
      stop.abort();
    };
    process.stdin.on('end', orphaned).on('close', orphaned).on('error', orphaned);
    process.stdin.resume();
  }
  return stop.signal;
}
