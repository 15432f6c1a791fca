// SPDX-License-Identifier: Apache-2.0
import { startSipp, type Place, type Sipp, type SippOptions, type SippResult } from '../src/index.ts';
import { CALL, CREDENTIALS, PBX, PSTN } from './bench-stage.ts';
import type { BenchOptions } from './options.ts';

/** What both ends counted. */
export interface Counted {
  caller: SippResult;
  callee: SippResult;
}

/** SIPp as caller and as callee. */
export interface Generator {
  /** When the first call began. */
  readonly startedAt: number;
  readonly pids: { caller: number; callee: number };
  /** When the caller has placed all its calls and they have ended. */
  readonly done: Promise<Counted>;
}

export interface Load extends Pick<BenchOptions, 'rate' | 'seconds' | 'hold'> {
  /** Where the caller sends to; absent: straight to the callee. */
  edge?: Place;
  gatewayPort: number;
}

/** As much as the kernel gives: a generator that loses messages by itself would be counted as the product's loss. */
const BUFFER = ['-buff_size', `${4 * 1024 * 1024}`];
/** For setting up and for calls whose messages are repeated. */
const SLACK_SECONDS = 40;

export const startGenerator = async (load: Load): Promise<Generator> => {
  const callee = await startSipp({
    scenario: 'uas-answer',
    address: PSTN,
    port: load.gatewayPort,
    timeoutSeconds: load.seconds + load.hold + 2 * SLACK_SECONDS,
    args: BUFFER,
  });
  const caller = await startSipp(callerOptions(load, callee)).catch(async (error: unknown) => {
    await callee.stop();
    throw error;
  });
  return {
    startedAt: Date.now(),
    pids: { caller: caller.pid, callee: callee.pid },
    done: caller.result.then(async (result) => ({ caller: result, callee: await callee.stop() })),
  };
};

const callerOptions = ({ edge, rate, seconds, hold }: Load, callee: Sipp): SippOptions => ({
  scenario: edge ? 'uac-digest' : 'uac-plain',
  address: PBX,
  target: edge ?? callee,
  keys: CALL,
  auth: CREDENTIALS,
  rate,
  calls: rate * seconds,
  // Never reached: a caller that waits for old calls to end would hide that they take too long.
  concurrent: rate * seconds,
  pauseMs: hold * 1000,
  timeoutSeconds: seconds + hold + SLACK_SECONDS,
  responseTimes: true,
  args: BUFFER,
});
