// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util';
import type { MediaBackend } from '../src/index.ts';

export interface BenchOptions {
  /** New calls per second. */
  rate: number;
  /** How long new calls begin, seconds. */
  seconds: number;
  /** From the answer to the BYE, seconds. */
  hold: number;
  rounds: number;
  media: MediaBackend;
  /** Folder for a CPU profile of each of our programs. */
  profile: string | undefined;
  json: boolean;
}

export const USAGE = `bench [--rate N] [--seconds N] [--hold N] [--rounds N] [--media rtpengine|embedded] [--profile DIR] [--json]
  --rate      new calls per second (200; 16 with the embedded relay, which takes 100 calls at one time)
  --seconds   how long new calls begin (60); longer than the hold time and 5 s more
  --hold      seconds from the answer to the BYE (5)
  --rounds    how often, on the same programs (1); memory is compared from round to round
  --media     rtpengine, or the relay of trunkline up (rtpengine)
  --profile   folder for a CPU profile of each Node program
  --json      the figures as JSON`;

/** Until the BYE of the first call, and the programs have settled. */
export const WARM_UP_SECONDS = 2;

/** The embedded relay is made for laptops: `--max-sessions` of its own. */
const EMBEDDED_CALLS = 100;
const USUAL_RATE: Record<MediaBackend, string> = { rtpengine: '200', embedded: '16' };

/** Throws an Error where a flag is wrong. */
export const parseBenchOptions = (argv: string[]): BenchOptions => {
  const { values } = parseArgs({
    args: argv,
    options: {
      rate: { type: 'string' },
      seconds: { type: 'string', default: '60' },
      hold: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '1' },
      media: { type: 'string', default: 'rtpengine' },
      profile: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const media = backend(values.media);
  const options = {
    rate: positive(values.rate ?? USUAL_RATE[media], '--rate'),
    seconds: positive(values.seconds, '--seconds'),
    hold: positive(values.hold, '--hold'),
    rounds: positive(values.rounds, '--rounds'),
    media,
    profile: values.profile,
    json: values.json,
  };
  check(options);
  return options;
};

const check = ({ rate, seconds, hold, media }: Omit<BenchOptions, 'profile' | 'json'>): void => {
  const least = hold + WARM_UP_SECONDS + 3;
  if (seconds < least) throw new Error(`--seconds ${seconds} has no steady window: write ${least} or more`);
  if (media === 'embedded' && rate * (hold + 1) > EMBEDDED_CALLS)
    throw new Error(
      `--rate ${rate} with --hold ${hold} is more than the ${EMBEDDED_CALLS} calls at one time that the embedded relay takes`,
    );
};

/** Throws an Error that names the flag. */
export const positive = (text: string, flag: string): number => {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new Error(`${flag} "${text}" is not a whole number above 0`);
};

/** Of `--media`. */
export const backend = (text: string): MediaBackend => {
  if (text === 'rtpengine' || text === 'embedded') return text;
  throw new Error(`--media "${text}" is not one of rtpengine, embedded`);
};
