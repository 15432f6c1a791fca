// SPDX-License-Identifier: Apache-2.0
import type { CommandTable } from './io.ts';
import { runProcess } from './run-process.ts';
import * as usage from './usage.ts';

/** What the command can do: the table of contents of this room. */
const commands: CommandTable = {
  up: {
    summary: 'run everything on this machine, from a directory of manifests',
    usage: usage.UP,
    load: async () => (await import('./commands/up.ts')).upCommand,
  },
  check: {
    summary: 'report every mistake in a directory of manifests',
    usage: usage.CHECK,
    load: async () => (await import('./commands/check.ts')).checkCommand,
  },
  explain: {
    summary: 'what would become of this call, and why',
    usage: usage.EXPLAIN,
    load: async () => (await import('./commands/explain.ts')).explainCommand,
  },
  calls: {
    summary: 'what became of the calls; with an ID: attempts, checks and SIP ladder of one',
    usage: usage.CALLS,
    load: async () => (await import('./commands/calls.ts')).callsCommand,
  },
  trunks: {
    summary: 'trunks, their domains, numbers and conditions',
    usage: usage.TRUNKS,
    load: async () => (await import('./commands/trunks.ts')).trunksCommand,
  },
  bandwidth: {
    summary: 'bandwidth that a number of calls needs',
    usage: usage.BANDWIDTH,
    load: async () => (await import('./commands/bandwidth.ts')).bandwidthCommand,
  },
  usage: {
    summary: 'calls, minutes and prices by account (with a later release)',
    usage: usage.LATER,
    load: async () => (await import('./commands/later.ts')).usageCommand,
  },
  dns: {
    summary: 'DNS records of the edges, as a zone file or for external-dns',
    usage: usage.DNS,
    load: async () => (await import('./commands/dns.ts')).dnsCommand,
  },
  version: {
    summary: 'version of this program',
    usage: usage.VERSION,
    load: async () => (await import('./commands/version.ts')).versionCommand,
  },
};

const about = 'Elastic SIP trunking on your own machines.';
await runProcess({ name: 'trunkline', about, commands });
