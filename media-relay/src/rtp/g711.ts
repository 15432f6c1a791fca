// SPDX-License-Identifier: Apache-2.0

const BIAS = 0x84;
const CLIP = 32_635;

/** 16-bit linear sample to PCMU (ITU-T G.711 µ-law). */
export function encodeUlaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), CLIP) + BIAS;
  const exponent = Math.max(0, 31 - Math.clz32(magnitude) - 7);
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f;
  return ~(sign | (exponent << 4) | mantissa) & 0xff;
}

/** PCMU to a 16-bit linear sample. */
export function decodeUlaw(code: number): number {
  const bits = ~code & 0xff;
  const exponent = (bits >> 4) & 0x07;
  const magnitude = (((bits & 0x0f) << 3) + BIAS) * 2 ** exponent - BIAS;
  return bits & 0x80 ? -magnitude : magnitude;
}
