// SPDX-License-Identifier: Apache-2.0
import { pino } from 'pino';
import { FlagError, readFlags, type OperatorFlags } from './process/flags.ts';
import { runOperator } from './process/operator.ts';
import { stopSignal } from './process/stop-signal.ts';

const flags = flagsOrExit();
const log = pino({ level: flags.logLevel }, pino.destination({ dest: 2, sync: false }));
const signal = stopSignal((code) => process.exit(code));

try {
  await runOperator(flags, log, signal, (http) => {
    process.stdout.write(`${JSON.stringify({ event: 'ready', program: 'operator', http })}\n`);
  });
  process.exit(0);
} catch (err) {
  // Leadership lost, or nothing to work with: whoever started us starts us again.
  log.fatal({ err }, 'the operator ends');
  log.flush();
  process.exit(1);
}

function flagsOrExit(): OperatorFlags {
  try {
    return readFlags(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}
