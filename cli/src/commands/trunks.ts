// SPDX-License-Identifier: Apache-2.0
import type { TargetReport, TrunkEntry } from '@trunkline/crds';
import type { Compilation, ResourceStatus } from '@trunkline/operator';
import { parseFlags, required } from '../flags.ts';
import type { Command } from '../io.ts';
import { compileFolder } from '../manifests/compiled-folder.ts';
import { styleFor, type Style } from '../style.ts';
import { table } from '../table.ts';
import {
  carrierRemarks,
  healthOf,
  healthRemarks,
  healthWord,
  runningHealth,
  type RunningHealth,
} from './running-health.ts';

interface TrunkRow {
  trunk: string;
  sid: string;
  domain: string;
  numbers: string[];
  originationUris: string[];
  conditions: { type: string; status: string; reason: string; message: string }[];
  /** Of its origination URIs; absent where no `trunkline up` runs. */
  health?: TargetReport[];
}

/** `trunkline trunks -f DIR [--data DIR]`. */
export const trunksCommand: Command = async (argv, io) => {
  const flags = parseFlags(argv, {
    file: { type: 'string', short: 'f' },
    'base-domain': { type: 'string', default: 'example.com' },
    data: { type: 'string', default: '.trunkline' },
    json: { type: 'boolean', default: false },
  });
  const path = required(flags.file, '-f', 'name the directory of manifests, -f DIR');
  const { compilation } = await compileFolder(path, flags['base-domain']);
  const health = await runningHealth(flags.data);
  const rows = trunkRows(compilation, health);
  if (flags.json) io.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  else {
    const gateways = health ? carrierRemarks(compilation.config.global.carriers, health) : [];
    io.stdout.write(rows.length === 0 ? 'no trunks\n' : text(rows, gateways, styleFor(io.stdout, io.env)));
  }
  return 0;
};

function trunkRows({ config, statuses }: Compilation, health: RunningHealth | undefined): TrunkRow[] {
  const trunks = config.routing.flatMap((shard) => shard.trunks);
  trunks.sort((a, b) => (a.key < b.key ? -1 : 1));
  return trunks.map((trunk) => ({
    ...rowOf(trunk, statuses.get(`Trunk/${trunk.key}`)),
    ...(health && { health: healthOf(trunk.originationTargets, health) }),
  }));
}

function rowOf(trunk: TrunkEntry, status: ResourceStatus | undefined): TrunkRow {
  const [domain = ''] = (status?.terminationUris as string[] | undefined) ?? [];
  return {
    trunk: trunk.key,
    sid: trunk.sid,
    domain,
    numbers: trunk.numbers,
    originationUris: trunk.originationTargets.map((target) => target.sipUri),
    // Whether a proxy has applied it cannot be known from a directory.
    conditions: (status?.conditions ?? []).filter(({ type }) => type !== 'Programmed' && type !== 'Ready'),
  };
}

function text(rows: TrunkRow[], gateways: string[], style: Style): string {
  const running = rows.some(({ health }) => health);
  const names = ['TRUNK', 'DOMAIN', 'NUMBERS', 'ORIGINATION', 'ACCEPTED', 'REFS'];
  const header = [...names, ...(running ? ['HEALTH'] : [])].map(style.bold);
  const cells = rows.map((row) => [
    row.trunk,
    row.domain || '-',
    abridged(row.numbers),
    abridged(row.originationUris),
    verdict(row, 'Accepted', style),
    verdict(row, 'ResolvedRefs', style),
    ...(row.health ? [healthWord(row.health)] : []),
  ]);
  const remarks = [...rows.flatMap(rowRemarks), ...gateways];
  return table([header, ...cells]) + (remarks.length > 0 ? `\n${remarks.join('')}` : '');
}

function rowRemarks({ trunk, conditions, health = [] }: TrunkRow): string[] {
  const said = conditions
    .filter(({ type, message }) => type !== 'Stalled' && message !== '')
    .map(({ reason, message }) => `${trunk}: ${reason}: ${message}\n`);
  return [...said, ...healthRemarks(trunk, health)];
}

function verdict(row: TrunkRow, type: string, style: Style): string {
  const found = row.conditions.find((condition) => condition.type === type);
  return found?.status === 'True' ? style.green('yes') : style.red(found?.reason ?? '?');
}

function abridged(list: string[]): string {
  const [first = '-', ...more] = list;
  return more.length > 0 ? `${first} +${more.length}` : first;
}
