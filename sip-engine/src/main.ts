// SPDX-License-Identifier: Apache-2.0
import pino from 'pino';
import { parseFlags } from './flags.ts';
import { startEngine } from './start-engine.ts';
import { endWithParent, onSignals } from './process-end.ts';

/** `sip-engine --sip HOST:PORT --admin HOST:PORT --secret-file F ...`: see `flags.ts`. */
async function main(): Promise<void> {
  const { logLevel, ...options } = parseFlags(process.argv.slice(2));
  const log = pino({ name: 'sip-engine', level: logLevel }, pino.destination(2));
  const engine = await startEngine({ ...options, log });
  const ready = {
    event: 'ready',
    program: 'sip-engine',
    sip: engine.sip.map(({ protocol, address, port }) => ({ protocol, host: address, port })),
    admin: `${engine.admin.host}:${engine.admin.port}`,
    ...(engine.metrics && { metrics: `${engine.metrics.host}:${engine.metrics.port}` }),
  };
  const stop = async (): Promise<void> => {
    await engine.close();
    process.exit(0);
  };
  onSignals({ drain: () => engine.drain(), stop });
  endWithParent(stop);
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

main().catch((error: unknown) => {
  const known = error instanceof Error ? error.message : String(error);
  process.stderr.write(`sip-engine: ${known}\n`);
  process.exit(error instanceof Error && error.name === 'FlagError' ? 2 : 1);
});
