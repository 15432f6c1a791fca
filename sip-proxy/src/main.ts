// SPDX-License-Identifier: Apache-2.0
import { pino } from 'pino';
import { FlagError, readFlags, type ProxyFlags } from './process/flags.ts';
import { obeyStopSignals, type Stoppable } from './process/stop-signals.ts';
import { startProxy } from './proxy.ts';

// srf looks at an environment variable for every header line; the real environment is slow to ask.
process.env = { ...process.env };

const log = pino({ level: process.env['LOG_LEVEL'] ?? 'info' }, pino.destination({ dest: 2, sync: false }));
const flags = flagsOrExit();

// A stop that comes while the parts are still starting ends the process as well.
const running: { proxy?: Stoppable } = {};
obeyStopSignals(
  { drain: async () => running.proxy?.drain(), stop: async () => running.proxy?.stop() },
  (code) => process.exit(code),
);

const proxy = await startProxy(flags, log);
running.proxy = proxy;
process.stdout.write(
  `${JSON.stringify({ event: 'ready', program: 'sip-proxy', edge: flags.edge, ...proxy.addresses })}\n`,
);

function flagsOrExit(): ProxyFlags {
  try {
    return readFlags(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}
