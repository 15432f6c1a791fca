// SPDX-License-Identifier: Apache-2.0
import type { CallRecord } from '@trunkline/sip-proxy/records';

/** Members of a record whose time is before that of the one before them; empty in every sound record. */
export const timesOutOfOrder = (record: CallRecord): string[] => {
  const { startedAt, ringingAt, answeredAt, endedAt, attempts } = record;
  const call = { startedAt, ringingAt, answeredAt, endedAt };
  const tries = attempts.flatMap((attempt, index) => [
    [`attempts[${index}].startedAt`, attempt.startedAt],
    [`attempts[${index}].endedAt`, attempt.endedAt],
  ]);
  const begun: [string, string][] = [['startedAt', startedAt], ...(tries as [string, string][])];
  return [...falling(Object.entries(call)), ...falling(begun)];
};

const falling = (times: [name: string, at: string | undefined][]): string[] => {
  const there = times.filter(([, at]) => at !== undefined) as [string, string][];
  return there.flatMap(([name, at], index) =>
    Number.isNaN(Date.parse(at)) || at < (there[index - 1]?.[1] ?? '') ? [name] : [],
  );
};
