// SPDX-License-Identifier: Apache-2.0
import { tellDecision } from '../commands/explain.ts';
import { parseExplainOptions } from '../commands/explain-options.ts';
import { UsageError } from '../usage-error.ts';
import { pluginCommand } from './plugin-command.ts';
import { readPublishedConfig } from './published-config.ts';

/** `kubectl trunkline explain`: what the proxies would decide by what is published for them. */
export const explainCommand = pluginCommand(async (argv, io) => {
  const options = await parseExplainOptions(argv);
  if (options.path !== undefined)
    throw new UsageError('-f is for `trunkline explain`: here the configuration is that of the cluster');
  return async (cluster) => {
    const secrets = options.assumeUser !== undefined || options.request.proxyAuthorization !== undefined;
    const config = await readPublishedConfig(cluster, { secrets });
    const edge = config.global.edges[0]?.name ?? 'local';
    return tellDecision(config, { edge, ...options }, io);
  };
});
