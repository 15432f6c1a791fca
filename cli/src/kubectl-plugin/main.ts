// SPDX-License-Identifier: Apache-2.0
import type { CommandTable } from '../io.ts';
import { runProcess } from '../run-process.ts';
import * as usage from './usage.ts';

/** What `kubectl trunkline` can do: it reads from a cluster, and changes nothing there. */
const commands: CommandTable = {
  trunks: {
    summary: 'trunks of a namespace: domain, condition, edges that have it, numbers, health of PBXs',
    usage: usage.TRUNKS,
    load: async () => (await import('./trunks.ts')).trunksCommand,
  },
  edges: {
    summary: 'edges and their proxies: alive or silent, up to date or behind',
    usage: usage.EDGES,
    load: async () => (await import('./edges.ts')).edgesCommand,
  },
  explain: {
    summary: 'what would become of this call, and why',
    usage: usage.EXPLAIN,
    load: async () => (await import('./explain.ts')).explainCommand,
  },
  calls: {
    summary: 'what became of the calls; with an ID: attempts, checks and SIP ladder of one',
    usage: usage.CALLS,
    load: async () => (await import('./calls.ts')).callsCommand,
  },
  dns: {
    summary: 'DNS records of the edges, as a zone file or for external-dns',
    usage: usage.DNS,
    load: async () => (await import('./dns.ts')).dnsCommand,
  },
  version: {
    summary: 'version of this program',
    usage: usage.VERSION,
    load: async () => (await import('../commands/version.ts')).versionCommand,
  },
};

const about = 'Elastic SIP trunking, as it is in a cluster.';
await runProcess({ name: 'kubectl trunkline', about, commands });
