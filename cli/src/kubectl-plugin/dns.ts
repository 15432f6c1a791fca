// SPDX-License-Identifier: Apache-2.0
import { dnsEdges } from '../dns/edges.ts';
import { DNS_FLAGS, tellRecords } from '../dns/tell-records.ts';
import { parseFlags } from '../flags.ts';
import { pluginCommand } from './plugin-command.ts';
import { readPublishedConfig } from './published-config.ts';

/** `kubectl trunkline dns`: the records of the cluster's edges. */
export const dnsCommand = pluginCommand((argv, io) => {
  const flags = parseFlags(argv, DNS_FLAGS);
  return async (cluster) => {
    const [edges, { global, routing }] = await Promise.all([
      cluster.resources('Edge'),
      readPublishedConfig(cluster, { secrets: false }),
    ]);
    const domains = routing.flatMap(({ trunks }) => trunks.flatMap(({ domainName }) => domainName ?? []));
    const { baseDomain } = global;
    tellRecords({ edges: dnsEdges(edges, global.edges), domains, baseDomain }, flags, io);
    return 0;
  };
});
