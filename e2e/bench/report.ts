// SPDX-License-Identifier: Apache-2.0
import { cpus } from 'node:os';
import type { BenchOptions } from './options.ts';
import type { ByProcess } from './process-usage.ts';
import type { Latency, Round } from './round.ts';

const sum = (values: ByProcess): number => Object.values(values).reduce((total, value) => total + value, 0);
const ms = (value: number): string => value.toFixed(value < 10 ? 1 : 0);
const percent = (share: number): string => `${Math.round(share * 100)} %`;
const latencyText = ({ p50, p99, max }: Latency): string =>
  `p50 ${ms(p50)}, p99 ${ms(p99)}, max ${ms(max)} ms`;

export const headline = ({ rate, seconds, hold, media, rounds }: BenchOptions): string =>
  `${rate} calls/s for ${seconds} s, hold ${hold} s, access list and digest, ${media}, ${rounds} round(s); ${cpus().length} processors: ${cpus()[0]?.model ?? ''}`;

export const directText = (direct: Latency): string =>
  `INVITE to 200, generator alone   ${latencyText(direct)}`;

/** One round for people. */
export const roundText = (round: Round, direct: Latency, faults: string[]): string => {
  const { calls, retransmissions, cpuMsPerCall, waitedMsPerCall, rssMb, latency, machine } = round;
  const { caller, callee, engine } = retransmissions;
  const processes = Object.entries(cpuMsPerCall).map(([name, cpu]) => {
    const before = rssMb.before[name];
    const memory = before === undefined ? '' : `${ms(before)} -> ${ms(rssMb.after[name] ?? 0)} MB`;
    const waited = (waitedMsPerCall[name] ?? 0).toFixed(2).padStart(8);
    return `  ${name.padEnd(18)}${cpu.toFixed(2).padStart(8)}${waited}   ${memory}`.trimEnd();
  });
  return [
    `calls                  ${calls.completed} of ${calls.created} completed, ${calls.failed} failed`,
    `calls/s                ${round.reached.toFixed(1)} in the steady window`,
    `sent again             caller ${caller}, callee ${callee}, engine ${engine}`,
    `INVITE to 200          ${latencyText(latency)}`,
    `added to the generator p50 ${ms(latency.p50 - direct.p50)}, p99 ${ms(latency.p99 - direct.p99)} ms`,
    `processors             ${percent(machine.busy)} busy, ${percent(machine.stolen)} taken by the host`,
    `CPU in the steady window, ms per call: used, waited for a processor; memory before and after`,
    ...processes,
    `  ${'together'.padEnd(18)}${sum(cpuMsPerCall).toFixed(2).padStart(8)}${sum(waitedMsPerCall).toFixed(2).padStart(8)}`,
    faults.length === 0 ? 'gauges                 all zero' : 'FAILED',
    ...faults.map((fault) => `  ${fault}`),
    ...(round.errors === '' ? [] : [`  generator: ${round.errors.slice(0, 1_000)}`]),
  ].join('\n');
};
