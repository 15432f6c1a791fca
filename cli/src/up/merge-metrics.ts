// SPDX-License-Identifier: Apache-2.0

interface Family {
  /** HELP and TYPE lines. */
  head: string[];
  samples: string[];
}

/**
 * One Prometheus page of several (text format 0.0.4): each sample gets the label `program`, and samples of one family
 * stand together under one HELP and TYPE, as the format demands.
 */
export function mergeMetrics(pages: ReadonlyMap<string, string>): string {
  const families = new Map<string, Family>();
  for (const [program, page] of pages) {
    for (const [name, family] of familiesOf(page)) {
      const merged = families.get(name) ?? { head: family.head, samples: [] };
      merged.samples.push(...family.samples.map((sample) => labelled(sample, program)));
      families.set(name, merged);
    }
  }
  const lines = [...families.values()].flatMap(({ head, samples }) => [...head, ...samples]);
  return lines.map((line) => `${line}\n`).join('');
}

/** A HELP or TYPE line begins a family; the samples that follow are its own (`x_bucket` and `x_sum` belong to `x`). */
function familiesOf(page: string): Map<string, Family> {
  const families = new Map<string, Family>();
  let current = '';
  for (const line of page.split('\n')) {
    if (line.trim() === '') continue;
    const declared = /^# (?:HELP|TYPE) (\S+)/.exec(line)?.[1];
    const sample = /^[a-zA-Z_:][\w:]*/.exec(line)?.[0];
    if (declared !== undefined) current = declared;
    else if (sample === undefined) continue;
    else if (!belongsTo(sample, current)) current = sample;
    const family = families.get(current) ?? { head: [], samples: [] };
    (declared === undefined ? family.samples : family.head).push(line);
    families.set(current, family);
  }
  return families;
}

function belongsTo(sample: string, family: string): boolean {
  return ['', '_bucket', '_sum', '_count', '_total', '_created'].some((suffix) => sample === family + suffix);
}

function labelled(sample: string, program: string): string {
  const label = `program="${program}"`;
  const [, name = '', open, rest = ''] = /^([a-zA-Z_:][\w:]*)(\{)?(.*)$/.exec(sample) ?? [];
  if (open === undefined) return `${name}{${label}}${rest}`;
  return `${name}{${label}${rest.startsWith('}') ? '' : ','}${rest}`;
}
