// SPDX-License-Identifier: Apache-2.0

/** What SIPp counted, cumulative. */
export interface SippCounts {
  created: number;
  successful: number;
  failed: number;
  retransmissions: number;
  outOfCall: number;
  /** By SIPp's name, only those above zero: `MaxUDPRetrans`, `UnexpectedMessage`, `TimeoutOnRecv` ... */
  failures: Record<string, number>;
}

/** Milliseconds of one response time of the scenario. */
export interface ResponseTimes {
  count: number;
  p50: number;
  p99: number;
  max: number;
}

/** The last line of a `-trace_stat` file; the names in its first line say which column is which. */
export const parseCounts = (csv: string): SippCounts => {
  const lines = csv.trim().split('\n');
  const names = lines[0]?.split(';') ?? [];
  const values = (lines.length > 1 ? lines.at(-1) : '')?.split(';') ?? [];
  const value = (name: string) => Number(values[names.indexOf(name)] ?? 0) || 0;
  const failures: Record<string, number> = {};
  for (const name of names) {
    const kind = /^Failed(?!Call\()(\w+)\(C\)$/.exec(name)?.[1];
    if (kind !== undefined && value(name) > 0) failures[kind] = value(name);
  }
  return {
    created: value('TotalCallCreated'),
    successful: value('SuccessfulCall(C)'),
    failed: value('FailedCall(C)'),
    retransmissions: value('Retransmissions(C)'),
    outOfCall: value('OutOfCallMsgs(C)'),
    failures,
  };
};

/** A `-trace_rtt` file: `date;milliseconds;name` a line. */
export const parseResponseTimes = (csv: string): Record<string, ResponseTimes> => {
  const byName = new Map<string, number[]>();
  for (const line of csv.trim().split('\n').slice(1)) {
    const [, milliseconds, name] = line.split(';');
    if (name === undefined) continue;
    const list = byName.get(name.trim()) ?? [];
    list.push(Number(milliseconds));
    byName.set(name.trim(), list);
  }
  return Object.fromEntries([...byName].map(([name, values]) => [name, summarize(values)]));
};

const summarize = (values: number[]): ResponseTimes => {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0 };
};
