// SPDX-License-Identifier: Apache-2.0
import { TokenBucket } from '../queue/token-bucket.ts';

/** What a controller says about an object. */
export interface Note {
  /** Of whom, as a stable text: kind, namespace, name, uid. */
  about: string;
  type: 'Normal' | 'Warning';
  reason: string;
  action: string;
  note: string;
}

export interface CorrelatorLimits {
  /** Notes that differ in their text alone are combined when there are more than `similar` within `windowMs`. */
  windowMs: number;
  similar: number;
  /** Of one object: so many at once, then one per `refillMs`. */
  burst: number;
  refillMs: number;
}

/** client-go's constants. */
export const CORRELATOR_LIMITS: CorrelatorLimits = {
  windowMs: 600_000,
  similar: 10,
  burst: 25,
  refillMs: 300_000,
};

/** What is kept at most, so that many objects with many notes do not fill the memory. */
const KEPT = 4_096;

interface Group {
  since: number;
  texts: Set<string>;
}

/** Decides what becomes of a note: an event of its own, one more of an event that is there, or nothing. */
export class Correlator {
  readonly #limits: CorrelatorLimits;
  readonly #now: () => number;
  readonly #groups = new Map<string, Group>();
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(limits: Partial<CorrelatorLimits> = {}, now: () => number = () => performance.now()) {
    this.#limits = { ...CORRELATOR_LIMITS, ...limits };
    this.#now = now;
  }

  /** The series that the note is one of, and the text to show; undefined where there are too many. */
  admit(note: Note): { series: string; note: string } | undefined {
    const limits = this.#limits;
    const bucket = kept(
      this.#buckets,
      note.about,
      () => new TokenBucket(1_000 / limits.refillMs, limits.burst, this.#now),
    );
    if (!bucket.tryTake()) return undefined;
    const alike = [note.about, note.type, note.reason, note.action].join('\n');
    const now = this.#now();
    const group = kept(this.#groups, alike, () => ({ since: now, texts: new Set<string>() }));
    if (now - group.since > limits.windowMs) {
      group.since = now;
      group.texts.clear();
    }
    group.texts.add(note.note);
    if (group.texts.size <= limits.similar) return { series: `${alike}\n${note.note}`, note: note.note };
    // One text too many is as good as a hundred: the set needs not grow.
    group.texts.delete(note.note);
    group.texts.add('\n');
    return { series: alike, note: `(combined from similar events): ${note.note}` };
  }
}

/** The value of the key, made where it is missing; the one that was not used for longest gives way. */
export function kept<V>(map: Map<string, V>, key: string, make: () => V): V {
  const value = map.get(key) ?? make();
  map.delete(key);
  map.set(key, value);
  if (map.size > KEPT) map.delete(map.keys().next().value ?? '');
  return value;
}
