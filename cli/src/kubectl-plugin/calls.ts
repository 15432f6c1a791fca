// SPDX-License-Identifier: Apache-2.0
import { SECRET, type KubeObject } from '@trunkline/kube';
import { callsCommand as tellCalls } from '../commands/calls.ts';
import { parseCallsOptions } from '../commands/calls-options.ts';
import { takeFlags } from '../flags.ts';
import { CommandError } from '../usage-error.ts';
import type { Cluster } from './cluster.ts';
import { pluginCommand } from './plugin-command.ts';

const NO_RECORDS = [
  'name the database of call records: --database-secret NAME with the Secret that records.databaseSecret of charts/trunkline-edge names,',
  '--database postgres://..., or TRUNKLINE_DATABASE. Without a database each record is a line of JSON in the log of the container records:',
  'kubectl logs -l app.kubernetes.io/component=sip -c records',
].join(' ');

/** `kubectl trunkline calls [ID]`. */
export const callsCommand = pluginCommand((argv, io) => {
  const { values, rest } = takeFlags(argv, { 'database-secret': { type: 'string' } });
  const { database = io.env.TRUNKLINE_DATABASE } = parseCallsOptions(rest);
  return async (cluster) => {
    const secret = values['database-secret'];
    const url = database ?? (secret === undefined ? undefined : await urlIn(cluster, secret));
    if (url === undefined || url === '') throw new CommandError(NO_RECORDS);
    return tellCalls([...rest, `--database=${url}`], io);
  };
});

/** Key `url` of a Secret: `NAME` in the operator's namespace, or `NAMESPACE/NAME`. */
async function urlIn(cluster: Cluster, name: string): Promise<string> {
  const secret = await cluster.get<KubeObject & { data?: Record<string, string> }>(SECRET, name);
  const url = secret.data?.['url'];
  if (url === undefined)
    throw new CommandError(`Secret ${name} has no key url: put the postgres:// URL there`);
  return Buffer.from(url, 'base64').toString('utf8').trim();
}
