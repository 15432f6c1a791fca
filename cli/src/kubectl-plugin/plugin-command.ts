// SPDX-License-Identifier: Apache-2.0
import type { Command, Io } from '../io.ts';
import { Cluster } from './cluster.ts';
import { takeClusterFlags } from './cluster-flags.ts';

/** What a command of the plugin does once it knows its flags. */
export type ClusterCommand = (cluster: Cluster) => Promise<number>;

/** A command of the plugin: its own flags are understood first, so that a wrong one is told without a cluster. */
export function pluginCommand(
  prepare: (argv: string[], io: Io) => ClusterCommand | Promise<ClusterCommand>,
): Command {
  return async (argv, io) => {
    const { flags, rest } = takeClusterFlags(argv, io.env);
    const command = await prepare(rest, io);
    const cluster = new Cluster(flags);
    try {
      return await command(cluster);
    } finally {
      await cluster.close();
    }
  };
}
