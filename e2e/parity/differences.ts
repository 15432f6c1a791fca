// SPDX-License-Identifier: Apache-2.0
import type { EngineKind } from './engine-under-test.ts';
import type { Flow, Sightings } from './flow.ts';
import { excuseOf, readRecording } from './recordings.ts';

/** Longer lines say nothing more. */
const SHOWN = 150;

/** How sip-engine differs from drachtio-server in a flow; undefined: not at all. */
export interface Difference {
  why: string;
  /** `-caller: 500 ..` is drachtio-server, `+caller: 482 ..` sip-engine. */
  lines: string[];
}

export const differenceOf = (kind: EngineKind, flow: Flow): Difference | undefined => {
  const why = excuseOf(kind, flow);
  if (why === undefined) return undefined;
  const seen = readRecording(kind)[flow.name] ?? {};
  return { why, lines: compare(readRecording('drachtio')[flow.name] ?? {}, seen) };
};

const compare = (theirs: Sightings, ours: Sightings): string[] =>
  [...new Set([...Object.keys(theirs), ...Object.keys(ours)])].flatMap((party) => [
    ...without(theirs[party] ?? [], ours[party] ?? []).map((line) => shown('-', party, line)),
    ...without(ours[party] ?? [], theirs[party] ?? []).map((line) => shown('+', party, line)),
  ]);

/** Lines of the one that the other has not, as often as it has them more often. */
const without = (lines: readonly string[], other: readonly string[]): string[] => {
  const left = [...other];
  return lines.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
};

const shown = (sign: string, party: string, line: string): string => {
  const text = `${sign}${party}: ${line.trimEnd()}`;
  return text.length > SHOWN ? `${text.slice(0, SHOWN)} ..` : text;
};
