// SPDX-License-Identifier: Apache-2.0
import { startHealthServer } from '@trunkline/kube';
import { startSpoolWriter } from '@trunkline/sip-proxy/records';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { Counter, Gauge, Registry } from 'prom-client';
import { databaseSink, lineSink } from './record-sink.ts';

// Sidecar of the SIP tier: carries call records from the proxy's spool into PostgreSQL, or prints them. Where the database is
// away they wait in the spool; calls, and the pod's readiness, do not depend on it.

/** How long what is left may take when the pod ends: the kubelet gives 30 s after the drain, in which the proxy hangs up as well. */
const LAST_MS = 15_000;

const { values } = parseArgs({
  options: {
    spool: { type: 'string' },
    'database-file': { type: 'string' },
    http: { type: 'string', default: '127.0.0.1:9467' },
  },
});
const { spool: spoolDir, 'database-file': file, http } = values;
if (spoolDir === undefined) {
  process.stderr.write('write-records --spool DIR [--database-file FILE] [--http HOST:PORT]\n');
  process.exit(2);
}

const log = pino({ name: 'write-records', level: process.env['LOG_LEVEL'] ?? 'info' }, pino.destination(2));
const sink = file === undefined ? lineSink(process.stdout) : databaseSink(file, log);
const registry = new Registry();
const stored = new Counter({
  name: 'trunkline_records_stored_total',
  help: 'Call records that were stored, or printed.',
  registers: [registry],
});
const writer = startSpoolWriter({
  spoolDir,
  store: {
    insertMany: async (records) => {
      const added = await sink.insertMany(records);
      stored.inc(records.length);
      return added;
    },
  },
  log,
});
registry.registerMetric(
  new Gauge({
    name: 'trunkline_records_waiting_files',
    help: 'Spool files that wait to be stored, at the last look.',
    registers: [],
    collect() {
      this.set(writer.pending);
    },
  }),
);
const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(http) ?? [];
const health = await startHealthServer({ host, port: Number(port), alive: {}, ready: {}, registry });
process.stdout.write(
  `${JSON.stringify({ event: 'ready', program: 'write-records', http: `${host}:${health.port}` })}\n`,
);

await new Promise((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
});
// The proxy has ended before, and left its last file complete.
await Promise.race([writer.idle().then(() => writer.stop()), pause(LAST_MS)]);
if (writer.pending > 0) log.warn({ files: writer.pending }, 'call records are left in the spool');
process.exit(0);
