// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

/** Of proc(5): Linux counts in hundredths of a second on every architecture that Node runs on. */
const TICK_MS = 10;

/** User and system time of a process with all its threads so far, ms. */
export const cpuMs = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name, in brackets, may hold anything: fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
};

/** How long its main thread, ready to run, has waited for a processor so far, ms: what others on the machine cost it. */
export const waitedMs = (pid: number): number => {
  const [, nanoseconds] = readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ');
  return Number(nanoseconds) / 1e6;
};

/** Resident memory, MB. */
export const residentMb = (pid: number): number => {
  const [, kb] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  return Number(kb) / 1024;
};

/** Idle and total time of the machine since it started, ms over all processors. */
export const machineMs = (): { idle: number; total: number; stolen: number } => {
  const [line = ''] = readFileSync('/proc/stat', 'latin1').split('\n');
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const [, , , idle = 0, waiting = 0, , , stolen = 0] = ticks;
  const total = ticks.reduce((sum, value) => sum + value, 0);
  return { idle: (idle + waiting) * TICK_MS, total: total * TICK_MS, stolen: stolen * TICK_MS };
};

export type ByProcess = Record<string, number>;

/** What each process has more in the second of two samples, per call; 0 where there was none. */
export const perCall = (first: ByProcess, last: ByProcess, calls: number): ByProcess =>
  Object.fromEntries(
    Object.entries(last).map(([name, value]) => [name, calls > 0 ? (value - (first[name] ?? 0)) / calls : 0]),
  );

/** The same figure of several processes. */
export const ofEach = (pids: ByProcess, figure: (pid: number) => number): ByProcess =>
  Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, figure(pid)]));
