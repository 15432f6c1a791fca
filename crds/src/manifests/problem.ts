// SPDX-License-Identifier: Apache-2.0

/** Something in a manifest that is wrong (`error`: the resource is left out), or allowed and probably not meant. */
export interface Problem {
  severity: 'error' | 'warning';
  /** Path as it was given to the loader. */
  file: string;
  /** From 1. */
  line: number;
  /** From 1. */
  column: number;
  kind?: string;
  namespace?: string;
  name?: string;
  /** `spec.termination.domainName`, `spec.addresses[0].cidr`; empty for the document as a whole. */
  field: string;
  /** What was written, as JSON and shortened; never a value of a Secret. */
  value?: string;
  /** Continues the field: "is not a CIDR". */
  message: string;
  /** What to do; the full stop may be left out. */
  remedy: string;
}

/** `file:line:col: Kind ns/name: field: message (got "value"). Remedy.` */
export function formatProblem(problem: Problem): string {
  const place = `${problem.file}:${problem.line}:${problem.column}`;
  const subject = [problem.severity === 'warning' ? 'warning' : '', subjectOf(problem), problem.field];
  const head = [place, ...subject].filter((part) => part !== '').join(': ');
  const got = problem.value === undefined ? '' : ` (got ${problem.value})`;
  return `${head}: ${withoutStop(problem.message)}${got}. ${asSentence(problem.remedy)}`;
}

function withoutStop(text: string): string {
  return text.replace(/\.$/, '');
}

function asSentence(text: string): string {
  return /[.?]$/.test(text) ? text : `${text}.`;
}

function subjectOf({ kind, namespace, name }: Problem): string {
  if (kind === undefined) return '';
  if (name === undefined) return kind;
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}
