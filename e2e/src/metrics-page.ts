// SPDX-License-Identifier: Apache-2.0

/** Samples of a Prometheus page, summed over their labels. */
export const sumByName = (page: string): Record<string, number> => {
  const sums: Record<string, number> = {};
  for (const line of page.split('\n')) {
    const [, name, value] = /^([a-zA-Z_:][\w:]*)(?:\{.*\})? (\S+)/.exec(line) ?? [];
    if (name !== undefined) sums[name] = (sums[name] ?? 0) + Number(value);
  }
  return sums;
};
