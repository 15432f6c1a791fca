// SPDX-License-Identifier: Apache-2.0
import { parseFlags, required, wholeNumber } from '../flags.ts';
import type { Command } from '../io.ts';

/** G.711 at 20 ms with RTP, UDP, IP and Ethernet headers, rounded up: the usual planning figure (DESIGN §6). */
const KBIT_PER_CALL = 100;

/** `trunkline bandwidth --calls N`. */
export const bandwidthCommand: Command = (argv, io) => {
  const flags = parseFlags(argv, { calls: { type: 'string' } });
  const text = required(flags.calls, '--calls', 'give the number of calls at one time, --calls 100');
  const calls = wholeNumber(text, '--calls', [1, 1_000_000_000]);
  const each = `${calls} × ${KBIT_PER_CALL} kbit/s`;
  io.stdout.write(`${readable(calls * KBIT_PER_CALL)} in each direction (${each})\n`);
  return Promise.resolve(0);
};

function readable(kbit: number): string {
  const units: [limit: number, unit: string][] = [
    [1_000_000_000, 'Tbit/s'],
    [1_000_000, 'Gbit/s'],
    [1_000, 'Mbit/s'],
    [1, 'kbit/s'],
  ];
  const [size, unit] = units.find(([limit]) => kbit >= limit) ?? [1, 'kbit/s'];
  return `${Number((kbit / size).toFixed(2))} ${unit}`;
}
