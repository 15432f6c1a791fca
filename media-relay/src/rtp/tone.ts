// SPDX-License-Identifier: Apache-2.0
import { decodeUlaw, encodeUlaw } from './g711.ts';

export const SAMPLE_RATE = 8000;
/** Samples in one packet: 20 ms. */
export const FRAME = 160;

/** PCMU of a sine at `frequencyHz`, half of full scale, for the frame that begins at `sample`. */
export function toneFrame(frequencyHz: number, sample: number): Buffer {
  const frame = Buffer.alloc(FRAME);
  for (let i = 0; i < FRAME; i++) {
    frame[i] = encodeUlaw(
      Math.round(16_384 * Math.sin((2 * Math.PI * frequencyHz * (sample + i)) / SAMPLE_RATE)),
    );
  }
  return frame;
}

export interface MeasuredTone {
  /** Strongest frequency, to about 10 Hz; 0 in silence. */
  frequencyHz: number;
  /** Root mean square, 0 to 1 of full scale. */
  level: number;
}

/** Below this level it is silence. */
const SILENCE = 0.001;

/** Measures PCMU by its zero crossings: right for a single tone, which is what tests send. */
export function measureTone(payload: Uint8Array): MeasuredTone {
  const samples = Array.from(payload, decodeUlaw);
  const level =
    Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length)) /
    32_768;
  if (level < SILENCE) return { frequencyHz: 0, level };
  const rising = samples.flatMap((sample, i) =>
    i > 0 && sample >= 0 && (samples[i - 1] ?? 0) < 0 ? [i] : [],
  );
  const [first, last] = [rising.at(0), rising.at(-1)];
  if (first === undefined || last === undefined || last === first) return { frequencyHz: 0, level };
  return { frequencyHz: ((rising.length - 1) * SAMPLE_RATE) / (last - first), level };
}
