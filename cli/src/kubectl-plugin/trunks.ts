// SPDX-License-Identifier: Apache-2.0
import { healthRemarks, healthWord } from '../commands/running-health.ts';
import { parseFlags } from '../flags.ts';
import { styleFor, type Style } from '../style.ts';
import { table } from '../table.ts';
import { readFleet } from './fleet.ts';
import { pluginCommand } from './plugin-command.ts';
import { trunkRows, type TrunkRow } from './trunk-rows.ts';
import { conditionOf, conditionWord } from './wording.ts';

/** `kubectl trunkline trunks [-n NS | -A]`. */
export const trunksCommand = pluginCommand((argv, io) => {
  const { json } = parseFlags(argv, { json: { type: 'boolean', default: false } });
  return async (cluster) => {
    const [trunks, numbers, uris, fleet] = await Promise.all([
      cluster.resources('Trunk'),
      cluster.resources('PhoneNumber'),
      cluster.resources('OriginationUri'),
      readFleet(cluster),
    ]);
    const rows = trunkRows({ trunks, numbers, uris, fleet });
    const where = cluster.namespace === undefined ? 'the cluster' : `namespace ${cluster.namespace}`;
    if (json) io.stdout.write(`${JSON.stringify(rows.map(forPrograms), null, 2)}\n`);
    else if (rows.length === 0) io.stdout.write(`no trunks in ${where}\n`);
    else io.stdout.write(text(rows, styleFor(io.stdout, io.env)));
    return 0;
  };
});

function forPrograms({ trunk, key, domain, numbers, uris, health, edges }: TrunkRow): object {
  return {
    trunk: key,
    sid: trunk.status?.sid,
    domain,
    numbers,
    originationUris: uris.map(({ spec }) => spec.sipUri),
    conditions: trunk.status?.conditions ?? [],
    health,
    edges,
  };
}

function text(rows: TrunkRow[], style: Style): string {
  const names = ['TRUNK', 'DOMAIN', 'READY', 'PROGRAMMED', 'NUMBERS', 'ORIGINATION', 'HEALTH'];
  const cells = rows.map((row) => [
    row.key,
    row.domain ?? '-',
    conditionWord(row.trunk, 'Ready', style),
    programmedWord(row, style),
    abridged(row.numbers),
    abridged(row.uris.map(({ spec }) => spec.sipUri)),
    healthWord(row.health),
  ]);
  const remarks = rows.flatMap(remarksOf);
  return table([names.map(style.bold), ...cells]) + (remarks.length > 0 ? `\n${remarks.join('')}` : '');
}

function programmedWord({ trunk, edges }: TrunkRow, style: Style): string {
  if (!edges || edges.all.length === 0) return conditionWord(trunk, 'Programmed', style);
  const { programmed, all } = edges;
  const word = `${programmed.length} of ${all.length} edges`;
  return programmed.length === all.length ? style.green(word) : style.red(word);
}

/** What is wrong, or not as meant, in words. */
function remarksOf({ trunk, key, health }: TrunkRow): string[] {
  const ready = conditionOf(trunk, 'Ready');
  const told = ready && ready.status !== 'True' ? ready : conditionOf(trunk, 'Accepted');
  const said = told && told.message !== '' ? [`${key}: ${told.reason}: ${told.message}\n`] : [];
  return [...said, ...healthRemarks(key, health)];
}

function abridged(list: string[]): string {
  const [first = '-', ...more] = list;
  return more.length > 0 ? `${first} +${more.length}` : first;
}
