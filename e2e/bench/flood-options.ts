// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util';
import type { MediaBackend } from '../src/index.ts';
import { backend, positive } from './options.ts';

export interface FloodOptions {
  /** New calls per second. */
  rate: number;
  /** Messages of the scanner per second. */
  flood: number;
  /** How long new calls begin, in each of the two phases. */
  seconds: number;
  media: MediaBackend;
}

export const USAGE = `flood [--rate N] [--flood N] [--seconds N] [--media rtpengine|embedded]
  --rate     new calls per second (50)
  --flood    messages of the scanner per second (5000)
  --seconds  of each phase, without and with the scanner (10)
  --media    rtpengine, or the relay of trunkline up (embedded)`;

/** Throws an Error where a flag is wrong. */
export const parseFloodOptions = (argv: string[]): FloodOptions => {
  const { values } = parseArgs({
    args: argv,
    options: {
      rate: { type: 'string', default: '50' },
      flood: { type: 'string', default: '5000' },
      seconds: { type: 'string', default: '10' },
      media: { type: 'string', default: 'embedded' },
    },
  });
  const media = backend(values.media);
  const seconds = positive(values.seconds, '--seconds');
  if (seconds < 6) throw new Error(`--seconds ${seconds} has no steady window: write 6 or more`);
  return { rate: positive(values.rate, '--rate'), flood: positive(values.flood, '--flood'), seconds, media };
};
