// SPDX-License-Identifier: Apache-2.0
import { requireProgram } from '../src/index.ts';
import { startBenchStage } from './bench-stage.ts';
import { measureDirect } from './direct.ts';
import { parseBenchOptions, USAGE, type BenchOptions } from './options.ts';
import { directText, headline, roundText } from './report.ts';
import { runRound, type Round } from './round.ts';
import { faults } from './verdict.ts';
import { warmUp } from './warm-up.ts';

/** Exit codes: 0 every call was good and nothing is left; 1 not so; 2 wrong flags. */
const main = async (argv: string[]): Promise<number> => {
  let options: BenchOptions;
  try {
    options = parseBenchOptions(argv);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n${USAGE}\n`);
    return 2;
  }
  if (!requireProgram('sipp') || (options.media === 'rtpengine' && !requireProgram('rtpengine'))) return 1;
  return bench(options);
};

const bench = async (options: BenchOptions): Promise<number> => {
  const say = (text: string) => process.stdout.write(options.json ? '' : `${text}\n`);
  say(headline(options));
  const stage = await startBenchStage(options);
  const rounds: (Round & { faults: string[] })[] = [];
  try {
    const direct = await measureDirect(options, stage.gatewayPort);
    say(directText(direct));
    await warmUp(stage, options);
    for (let number = 1; number <= options.rounds; number += 1) {
      const round = await runRound(stage, options);
      const found = faults(round, options);
      rounds.push({ ...round, faults: found });
      say(`\nround ${number}\n${roundText(round, direct, found)}`);
      if (found.length > 0) process.stderr.write(stage.up.log().slice(-1_000));
    }
    if (options.json) process.stdout.write(`${JSON.stringify({ options, direct, rounds }, null, 2)}\n`);
  } finally {
    await stage.up.stop();
  }
  return rounds.every((round) => round.faults.length === 0) ? 0 : 1;
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

process.exit(await main(process.argv.slice(2)));
