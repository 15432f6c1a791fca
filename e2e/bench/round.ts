// SPDX-License-Identifier: Apache-2.0
import { setTimeout as wait } from 'node:timers/promises';
import { sumByName, type SippResult } from '../src/index.ts';
import type { BenchStage } from './bench-stage.ts';
import { startGenerator, type Counted } from './generator.ts';
import { WARM_UP_SECONDS, type BenchOptions } from './options.ts';
import { cpuMs, machineMs, ofEach, perCall, residentMb, waitedMs, type ByProcess } from './process-usage.ts';

/** Milliseconds from the first INVITE to the 200, over all calls. */
export interface Latency {
  p50: number;
  p99: number;
  max: number;
}

export interface Round {
  calls: { created: number; completed: number; failed: number; failures: Record<string, number> };
  /** Calls that ended per second of the steady window. */
  reached: number;
  retransmissions: { caller: number; callee: number; engine: number };
  /** By process, in the steady window, with the generator. */
  cpuMsPerCall: ByProcess;
  /** Ready to run, but no processor was free. */
  waitedMsPerCall: ByProcess;
  /** Shares of the machine's processors in the steady window: busy with anything, and taken by its host. */
  machine: { busy: number; stolen: number };
  rssMb: { before: ByProcess; after: ByProcess };
  latency: Latency;
  /** Empty where everything is back at zero. */
  notIdle: string;
  /** What the generator complained of. */
  errors: string;
}

/** One load on a stage that is idle, and idle again at its end. */
export const runRound = async ({ up, gatewayPort }: BenchStage, options: BenchOptions): Promise<Round> => {
  const metrics = async () => sumByName(await (await fetch(up.metricsUrl)).text());
  const before = ofEach(up.pids, residentMb);
  const repeatedBefore = (await metrics()).trunkline_engine_retransmissions_total ?? 0;
  const generator = await startGenerator({ ...options, edge: up.sip, gatewayPort });
  const pids = {
    ...up.pids,
    'generator caller': generator.pids.caller,
    'generator callee': generator.pids.callee,
    'bench itself': process.pid,
  };
  const sample = async () => ({
    cpu: ofEach(pids, cpuMs),
    waited: ofEach(pids, waitedMs),
    machine: machineMs(),
    ended: (await metrics()).trunkline_calls_total ?? 0,
    at: performance.now(),
  });
  const until = (second: number) => wait(generator.startedAt + second * 1000 - Date.now());

  await until(options.hold + WARM_UP_SECONDS);
  const first = await sample();
  await until(options.seconds - 0.5);
  const last = await sample();
  const counted = await generator.done;
  const notIdle = await up.expectIdle(20_000).then(
    () => '',
    (error: unknown) => String(error),
  );
  const repeated = ((await metrics()).trunkline_engine_retransmissions_total ?? 0) - repeatedBefore;

  // A program that is too busy to show its metrics is missing on the page.
  const calls = Math.max(0, last.ended - first.ended);
  const span = last.machine.total - first.machine.total;
  return {
    ...outcome(counted),
    reached: (calls * 1000) / (last.at - first.at),
    retransmissions: {
      caller: counted.caller.retransmissions,
      callee: counted.callee.retransmissions,
      engine: repeated,
    },
    cpuMsPerCall: perCall(first.cpu, last.cpu, calls),
    waitedMsPerCall: perCall(first.waited, last.waited, calls),
    machine: {
      busy: 1 - (last.machine.idle - first.machine.idle) / span,
      stolen: (last.machine.stolen - first.machine.stolen) / span,
    },
    rssMb: { before, after: ofEach(up.pids, residentMb) },
    notIdle,
  };
};

const outcome = ({ caller, callee }: Counted): Pick<Round, 'calls' | 'latency' | 'errors'> => ({
  // A call counts when its BYE was answered: SIPp's own word of success, as the scenario ends with that 200.
  calls: {
    created: caller.created,
    completed: caller.successful,
    failed: caller.failed + callee.failed,
    failures: { ...callee.failures, ...caller.failures },
  },
  latency: latencyOf(caller),
  errors: [caller.errors, callee.errors].filter((text) => text !== '').join('\n'),
});

export const latencyOf = ({ responseTimes }: SippResult): Latency => {
  const { p50 = 0, p99 = 0, max = 0 } = responseTimes.invite ?? {};
  return { p50, p99, max };
};
