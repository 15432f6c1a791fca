// SPDX-License-Identifier: Apache-2.0
import { warn, type CheckedCall, type CheckResult } from './check.ts';

/** Says in the trace that a call of a recorded trunk is not recorded; gives no result where nothing was asked for. */
export function checkRecording({ trunk }: CheckedCall): CheckResult | undefined {
  if (trunk.recording.mode === 'do-not-record') return undefined;
  return warn(
    'recording',
    `recording ${trunk.recording.mode} is not available yet: the call is not recorded`,
  );
}
