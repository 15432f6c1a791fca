// SPDX-License-Identifier: Apache-2.0
import type { Heard } from './telephones.ts';

/** A tone is measured to about 10 Hz. */
const TOLERANCE_HZ = 15;
const FEWEST_PACKETS = 20;

/** Whether what was heard is the tone that the other end sends. */
export const isTone = ({ packets, frequencyHz }: Heard, sentHz: number): boolean =>
  packets >= FEWEST_PACKETS && Math.abs(frequencyHz - sentHz) <= TOLERANCE_HZ;

/** `PBX → carrier: 50 packets, 440 Hz`, with what should have come where it did not. */
export const audioLine = (way: string, heard: Heard, sentHz: number): string => {
  const found = `${way}: ${heard.packets} packets, ${Math.round(heard.frequencyHz)} Hz`;
  return isTone(heard, sentHz) ? `${found}, ok` : `${found}, but ${sentHz} Hz was sent: AUDIO IS MISSING`;
};
