// SPDX-License-Identifier: Apache-2.0
import { dnsEdges } from '../dns/edges.ts';
import { DNS_FLAGS, tellRecords } from '../dns/tell-records.ts';
import { parseFlags, required } from '../flags.ts';
import type { Command } from '../io.ts';
import { compileFolder } from '../manifests/compiled-folder.ts';

/** `trunkline dns -f DIR`: what DNS must know, from the Edges of a directory. */
export const dnsCommand: Command = async (argv, io) => {
  const flags = parseFlags(argv, {
    file: { type: 'string', short: 'f' },
    'base-domain': { type: 'string', default: 'example.com' },
    ...DNS_FLAGS,
  });
  const path = required(flags.file, '-f', 'name the directory of manifests, -f DIR');
  const baseDomain = flags['base-domain'];
  const { resources, compilation } = await compileFolder(path, baseDomain);
  const { config } = compilation;
  const edges = resources.filter((each) => each.kind === 'Edge');
  const trunks = config.routing.flatMap((shard) => shard.trunks);
  const domains = trunks.flatMap(({ domainName }) => domainName ?? []);
  tellRecords({ edges: dnsEdges(edges, config.global.edges), domains, baseDomain }, flags, io);
  return 0;
};
