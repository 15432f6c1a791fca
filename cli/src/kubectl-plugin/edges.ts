// SPDX-License-Identifier: Apache-2.0
import type { Edge } from '@trunkline/crds';
import type { KnownProxy } from '@trunkline/operator/kubernetes';
import { parseFlags } from '../flags.ts';
import { styleFor, type Style } from '../style.ts';
import { table } from '../table.ts';
import { behind, isAlive, readFleet, type Fleet } from './fleet.ts';
import { pluginCommand } from './plugin-command.ts';
import { ago, conditionOf, conditionWord } from './wording.ts';

const NO_FLEET =
  'The proxies are not shown: that needs the right to list leases and configmaps in the operator’s namespace.\n';

/** `kubectl trunkline edges`. */
export const edgesCommand = pluginCommand((argv, io) => {
  const { json } = parseFlags(argv, { json: { type: 'boolean', default: false } });
  return async (cluster) => {
    const edges = await cluster.resources('Edge');
    const fleet = await readFleet(cluster);
    if (json)
      io.stdout.write(`${JSON.stringify({ edges: edges.map(edgeRow), ...proxyRows(fleet) }, null, 2)}\n`);
    else io.stdout.write(text(edges, fleet, styleFor(io.stdout, io.env)));
    return 0;
  };
});

function edgeRow(edge: Edge) {
  const { metadata, spec, status } = edge;
  const ready = conditionOf(edge, 'Ready');
  return {
    edge: metadata.name,
    ...(spec.location !== undefined && { location: spec.location }),
    ready: ready?.status === 'True',
    ...(ready && { reason: ready.reason, message: ready.message }),
    proxies: status?.replicas ?? 0,
    ...(status?.programmedRevision !== undefined && { programmedRevision: status.programmedRevision }),
    dnsRecords: status?.dnsRecords ?? [],
  };
}

function proxyRows(fleet: Fleet | undefined) {
  if (!fleet) return {};
  const proxies = fleet.proxies.map((proxy) => ({
    proxy: proxy.instance,
    edge: proxy.edge,
    alive: isAlive(proxy, fleet),
    lastSeen: new Date(proxy.renewedAt).toISOString(),
    ...(fleet.published && { behind: behind(proxy, fleet.published) }),
  }));
  return { proxies };
}

function text(edges: Edge[], fleet: Fleet | undefined, style: Style): string {
  const header = ['EDGE', 'LOCATION', 'READY', 'PROXIES', 'REVISION', 'LAST SEEN'].map(style.bold);
  const rows = edges.map((edge) => [
    edge.metadata.name,
    edge.spec.location ?? '-',
    conditionWord(edge, 'Ready', style),
    String(edge.status?.replicas ?? 0),
    edge.status?.programmedRevision ?? '-',
    fleet ? lastSeen(fleet, edge.metadata.name) : '-',
  ]);
  const shown = edges.length === 0 ? 'no edges\n' : table([header, ...rows]);
  return `${shown}\n${fleet ? proxiesText(fleet, style) : NO_FLEET}`;
}

function lastSeen({ proxies, lookedAt }: Fleet, edge: string): string {
  const times = proxies.filter((proxy) => proxy.edge === edge).map(({ renewedAt }) => renewedAt);
  return ago(Math.max(0, ...times), lookedAt);
}

function proxiesText(fleet: Fleet, style: Style): string {
  if (fleet.proxies.length === 0) return 'no proxies\n';
  const header = ['PROXY', 'EDGE', 'STATE', 'CONFIGURATION', 'LAST SEEN'].map(style.bold);
  const rows = fleet.proxies.map((proxy) => [
    proxy.instance,
    proxy.edge,
    isAlive(proxy, fleet) ? style.green('alive') : style.red('silent'),
    configurationWord(proxy, fleet, style),
    ago(proxy.renewedAt, fleet.lookedAt),
  ]);
  return table([header, ...rows]);
}

function configurationWord(proxy: KnownProxy, { published }: Fleet, style: Style): string {
  if (!published) return '-';
  const names = behind(proxy, published);
  return names.length === 0 ? style.green('as published') : style.yellow(`behind in ${names.join(', ')}`);
}
