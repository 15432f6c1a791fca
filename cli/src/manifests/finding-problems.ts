// SPDX-License-Identifier: Apache-2.0
import type { LoadedManifests, Problem } from '@trunkline/crds';
import { resourceKey, type Finding } from '@trunkline/operator';

/**
 * Findings of the compiler as problems with the place of their field. Notes are left out (nothing is wrong), and so
 * is "there is no X" where X is there and itself reported.
 */
export function findingProblems(findings: readonly Finding[], loaded: LoadedManifests): Problem[] {
  const resources = new Map(
    loaded.resources.flatMap((each) => (each.kind === 'Secret' ? [] : [[resourceKey(each), each]])),
  );
  const broken = brokenNames(loaded.problems);
  return findings.flatMap((finding) => {
    const resource = resources.get(finding.resourceKey);
    if (!resource || finding.severity === 'note' || isConsequence(finding, broken)) return [];
    const { kind, metadata, source } = resource;
    const place = loaded.locate(resource, finding.field) ?? { ...source, column: 1 };
    return {
      severity: finding.severity,
      file: place.file,
      line: place.line,
      column: place.column,
      kind,
      ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
      name: metadata.name,
      field: finding.field,
      message: finding.message.replace(/\.$/, ''),
      remedy: finding.remedy,
    };
  });
}

/** By file, line and column. */
export function byPlace(a: Problem, b: Problem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}

function brokenNames(reported: readonly Problem[]): string[] {
  return reported.flatMap(({ severity, kind, name }) =>
    severity === 'error' && kind !== undefined && name !== undefined ? [`there is no ${kind} ${name}`] : [],
  );
}

function isConsequence(finding: Finding, broken: string[]): boolean {
  if (finding.breaks !== 'ResolvedRefs') return false;
  return broken.some((text) => {
    const at = finding.message.indexOf(text);
    return at >= 0 && !/^[a-z0-9-]/.test(finding.message.slice(at + text.length));
  });
}
