// SPDX-License-Identifier: Apache-2.0
import pino from 'pino';
import { readRelayFlags, USAGE, type RelayFlags } from './relay/relay-flags.ts';
import { serveRelayMetrics } from './relay/relay-metrics.ts';
import { startRelay } from './relay/relay.ts';

const log = pino({ name: 'media-relay' }, pino.destination(2));
const flags = flagsOrExit();

try {
  const relay = await startRelay({ ...flags, log });
  const metrics = flags.metrics && (await serveRelayMetrics(flags.metrics, relay.table));
  const stop = (): void => {
    relay.close();
    process.exit(0);
  };
  // The first SIGTERM lets calls end, the second does not; nor does SIGINT.
  process.once('SIGTERM', () => {
    process.once('SIGTERM', stop);
    log.info({ calls: relay.table.calls.size }, 'draining');
    void relay.drain().then(stop);
  });
  process.once('SIGINT', stop);
  if (process.env.TRUNKLINE_CHILD === '1')
    process.stdin.on('close', stop).on('end', stop).on('error', stop).resume();

  const ready = {
    event: 'ready',
    program: 'media-relay',
    ng: `${flags.ng.host}:${relay.ngPort}`,
    address: flags.address,
    ports: `${flags.ports.min}-${flags.ports.max}`,
    ...(metrics && flags.metrics ? { metrics: `${flags.metrics.host}:${metrics.port}` } : {}),
  };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
} catch (error) {
  process.stderr.write(`media-relay cannot start: ${(error as Error).message}\n`);
  process.exit(1);
}

function flagsOrExit(): RelayFlags {
  try {
    return readRelayFlags(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}\n`);
    return process.exit(2);
  }
}
