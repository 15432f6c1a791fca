// SPDX-License-Identifier: Apache-2.0
import type { NumberPool, PhoneNumber } from '@trunkline/crds';
import type { Query, Reader } from './derivations.ts';
import { find, listed } from './facts.ts';
import { unresolved, warning, type Issue } from './issue.ts';
import type { Outcome } from './outcome.ts';
import { compareText, localKey } from './resources.ts';

/** More numbers than this are not listed from one range; the rest of the range is reported. */
const MAX_RANGE = 100_000;

interface PooledNumber {
  number: string;
  pool: string;
  country: string | undefined;
}

interface Assignment {
  number: string;
  pool: string;
}

/** Argument-less: which `match` claim got which number. */
export const poolAssignments: Query<{ byClaim: Record<string, Assignment> }> = {
  name: 'pool-assignments',
  compute: (_argument, read) => {
    const claims = listed(read, 'pool-claims').flatMap((key) => find(read, 'PhoneNumber', key) ?? []);
    if (claims.length === 0) return { byClaim: {} };
    const free = freeNumbers(read);
    const byClaim: Record<string, Assignment> = {};
    const assign = (claim: PhoneNumber, found: PooledNumber | undefined): void => {
      if (!found) return;
      free.delete(found.number);
      byClaim[localKey(claim)] = { number: found.number, pool: found.pool };
    };
    // Whoever had a number keeps it; only then are new claims served, oldest first, lowest number first.
    const unserved = claims.filter((claim) => {
      const kept = free.get(claim.status?.number ?? '');
      if (kept === undefined || !matches(kept, claim)) return true;
      assign(claim, kept);
      return false;
    });
    for (const claim of unserved) assign(claim, lowestMatch(free, claim));
    return { byClaim };
  },
};

/** By NumberPool name. */
export const numberPoolOutcome: Query<Outcome> = {
  name: 'number-pool-outcome',
  compute: (name, read) => {
    const pool = find(read, 'NumberPool', name);
    if (!pool) return { issues: [] };
    const numbers = numbersOf(pool);
    const issues = [...carrierIssues(pool, read)];
    if (numbers.length === 0) issues.push(emptyPool());
    const assigned = new Set(
      Object.values(read.derive(poolAssignments, '').byClaim).map((assignment) => assignment.number),
    );
    const claimed = numbers.filter((number) => assigned.has(number) || isClaimed(number, read)).length;
    return { issues, details: { size: numbers.length, claimed } };
  },
};

/** Numbers that nobody named, lowest first. Where two pools have one, the older pool's counts. */
function freeNumbers(read: Reader): Map<string, PooledNumber> {
  const found = new Map<string, PooledNumber>();
  for (const name of listed(read, 'number-pools')) {
    const pool = find(read, 'NumberPool', name);
    for (const number of pool ? numbersOf(pool) : []) {
      if (!found.has(number) && !isClaimed(number, read))
        found.set(number, { number, pool: name, country: pool?.spec.country });
    }
  }
  return new Map([...found].sort(([a], [b]) => a.length - b.length || compareText(a, b)));
}

function isClaimed(number: string, read: Reader): boolean {
  return listed(read, `number ${number}`).length > 0;
}

function lowestMatch(free: Map<string, PooledNumber>, claim: PhoneNumber): PooledNumber | undefined {
  for (const candidate of free.values()) if (matches(candidate, claim)) return candidate;
  return undefined;
}

/** `*` stands for any one digit; matched from the start of the number, with or without its `+`. */
function matches(candidate: PooledNumber, claim: PhoneNumber): boolean {
  const { pattern, country } = claim.spec.match ?? {};
  if (country !== undefined && country !== candidate.country) return false;
  if (pattern === undefined) return true;
  const digits = pattern.replace(/[^\d*]/g, '').replaceAll('*', '\\d');
  return new RegExp(`^\\+${digits}`).test(candidate.number);
}

function numbersOf(pool: NumberPool): string[] {
  const ranges = pool.spec.ranges.flatMap(({ from, to }) => expand(from, to));
  return [...new Set([...pool.spec.numbers, ...ranges])];
}

/** Numbers of a range, both ends included; E.164 numbers stay exact in a double (15 digits). */
function expand(from: string, to: string): string[] {
  const first = Number(from.slice(1));
  const length = Math.min(Number(to.slice(1)) - first + 1, MAX_RANGE);
  if (!Number.isFinite(length) || length < 1) return [];
  return Array.from({ length }, (_unused, offset) => `+${first + offset}`);
}

function carrierIssues(pool: NumberPool, read: Reader): Issue[] {
  const carrier = pool.spec.carrierRef.name;
  if (find(read, 'Carrier', carrier)) return [];
  return [
    unresolved({
      field: 'spec.carrierRef.name',
      reason: 'CarrierNotFound',
      message: `there is no Carrier ${carrier}.`,
      remedy: `Create Carrier ${carrier}, or correct the name.`,
    }),
  ];
}

function emptyPool(): Issue {
  return warning({
    field: 'spec.numbers',
    reason: 'PoolEmpty',
    message: 'the pool has no numbers.',
    remedy: 'Add numbers, or a range whose `from` is not above its `to`.',
  });
}
