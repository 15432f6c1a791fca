// SPDX-License-Identifier: Apache-2.0
import { setTimeout as wait } from 'node:timers/promises';
import { requireProgram, sumByName, type SippResult } from '../src/index.ts';
import { openScanner } from '../tests/scanner.fixture.ts';
import { startBenchStage, type BenchStage } from './bench-stage.ts';
import { startGenerator } from './generator.ts';
import { parseFloodOptions, USAGE, type FloodOptions } from './flood-options.ts';
import { cpuMs, ofEach, type ByProcess } from './process-usage.ts';

/** Calls at a steady rate, without and then with a scanner that floods from another address. */
interface Phase {
  calls: SippResult;
  /** Milliseconds of CPU per second, by process. */
  cpu: ByProcess;
  scanned: { perSecond: number; answers: number; bytesBack: number; bytesSent: number };
  /** Messages dropped unread. */
  dropped: number;
}

const SCANNER = '127.66.4.1';
/** Until the first calls end, and after the last began. */
const MARGIN_SECONDS = 2;

/** Exit codes: 0 every call was good; 1 not so; 2 wrong flags. */
const main = async (argv: string[]): Promise<number> => {
  let options: FloodOptions;
  try {
    options = parseFloodOptions(argv);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    return 2;
  }
  if (!requireProgram('sipp')) return 1;
  const { rate, flood, seconds } = options;
  const stage = await startBenchStage({ ...options, hold: 1, rounds: 1, profile: undefined, json: false });
  try {
    process.stdout.write(
      `${rate} calls/s, ${seconds} s without and ${seconds} s with ${flood} messages/s of a scanner\n`,
    );
    const quiet = await runPhase(stage, options, 0);
    const loud = await runPhase(stage, options, flood);
    process.stdout.write(
      `${phaseText('without', quiet)}\n${phaseText('with', loud)}\n${shareText(quiet, loud)}\n`,
    );
    return quiet.calls.failed + loud.calls.failed > 0 ? 1 : 0;
  } finally {
    await stage.up.stop();
  }
};

const runPhase = async (
  { up, gatewayPort }: BenchStage,
  options: FloodOptions,
  flood: number,
): Promise<Phase> => {
  const { rate, seconds } = options;
  const scanner = await openScanner(SCANNER, up.sip);
  const dropped = async () =>
    sumByName(await (await fetch(up.metricsUrl)).text()).trunkline_engine_dropped_total ?? 0;
  const droppedBefore = await dropped();
  const generator = await startGenerator({ rate, seconds, hold: 1, edge: up.sip, gatewayPort });
  const flooding = flood > 0 ? scanner.flood(flood) : undefined;
  await wait(MARGIN_SECONDS * 1000);
  const first = { cpu: ofEach(up.pids, cpuMs), at: performance.now(), sent: scanner.counts.sent };
  await wait((seconds - 2 * MARGIN_SECONDS) * 1000);
  const span = (performance.now() - first.at) / 1000;
  const last = ofEach(up.pids, cpuMs);
  const perSecond = (scanner.counts.sent - first.sent) / span;
  const { caller } = await generator.done;
  if (caller.errors !== '') process.stderr.write(`${caller.errors.slice(0, 2_000)}\n`);
  await flooding?.stop();
  const { answers, bytesBack, bytesSent } = scanner.counts;
  scanner.close();
  return {
    calls: caller,
    cpu: Object.fromEntries(
      Object.entries(last).map(([name, ms]) => [name, (ms - (first.cpu[name] ?? 0)) / span]),
    ),
    scanned: { perSecond, answers, bytesBack, bytesSent },
    dropped: (await dropped()) - droppedBefore,
  };
};

const phaseText = (name: string, { calls, cpu, scanned, dropped }: Phase): string => {
  const processes = Object.entries(cpu).map(([process, ms]) => `${process} ${(ms / 10).toFixed(1)} %`);
  const { p50 = 0, p99 = 0 } = calls.responseTimes.invite ?? {};
  return [
    `${name.padEnd(8)} ${calls.successful} calls, ${calls.failed} failed, ${calls.retransmissions} repeats${Object.keys(calls.failures).length > 0 ? ` ${JSON.stringify(calls.failures)}` : ''}; INVITE to 200 p50 ${p50}, p99 ${p99} ms`,
    `         CPU of one processor: ${processes.join(', ')}`,
    `         scanner ${Math.round(scanned.perSecond)} messages/s, ${scanned.answers} answers (${scanned.bytesBack} bytes back for ${scanned.bytesSent}), ${dropped} dropped unread`,
  ].join('\n');
};

const total = ({ cpu }: Phase): number => Object.values(cpu).reduce((sum, ms) => sum + ms, 0);

const shareText = (quiet: Phase, loud: Phase): string => {
  const more = total(loud) - total(quiet);
  const each = loud.scanned.perSecond === 0 ? 0 : (more * 1000) / loud.scanned.perSecond;
  return `the flood costs ${(more / 10).toFixed(1)} % of one processor, ${each.toFixed(0)} µs a message`;
};

process.exit(await main(process.argv.slice(2)));
