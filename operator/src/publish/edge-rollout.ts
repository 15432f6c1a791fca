// SPDX-License-Identifier: Apache-2.0
import type { ProgrammedState } from './programmed.ts';

/** One edge's live proxies, as far as some documents are concerned. */
export interface EdgeProgress {
  edge: string;
  /** Instances that are alive. */
  alive: number;
  /** Those of them that have not applied all of it. */
  behind: readonly string[];
  /** Where none is alive: since when. */
  missingSince?: Date;
}

export interface Progress {
  edges: readonly EdgeProgress[];
  /** Since when the documents are what they are. */
  changedAt: Date;
  /** Why a document could not be published, where one could not. */
  failure?: string | undefined;
}

/** So many names in a message. */
const NAMED = 5;

/** `Programmed`: true where every live proxy of every edge has applied it, and every edge has one. */
export function edgeRollout({ edges, changedAt, failure }: Progress): ProgrammedState {
  if (failure !== undefined) return not('NotPublished', `It could not be published: ${failure}`);
  if (edges.every(({ alive }) => alive === 0)) return not('NoProxy', noProxy(edges));
  const missing = edges.filter(({ alive }) => alive === 0);
  const behind = edges.flatMap((one) => one.behind.map((instance) => `${instance} of edge ${one.edge}`));
  const problems = [...missing.map(missingText), ...pending(behind, changedAt)];
  if (missing.length > 0) return not('EdgeUnreachable', problems.slice(0, NAMED).join(' '));
  if (behind.length > 0) return not('Pending', problems.join(' '));
  return { status: 'True', reason: 'Programmed', message: 'Applied by every live proxy of every edge.' };
}

function not(reason: string, message: string): ProgrammedState {
  return { status: 'False', reason, message };
}

function noProxy(edges: readonly EdgeProgress[]): string {
  const where = edges.length === 0 ? '' : ` ${edges.slice(0, NAMED).map(missingText).join(' ')}`;
  return `No proxy is alive. Start one, or look at its log.${where}`;
}

function missingText({ edge, missingSince }: EdgeProgress): string {
  return `Edge ${edge} has had no live proxy since ${seconds(missingSince)}.`;
}

function pending(behind: string[], since: Date): string[] {
  if (behind.length === 0) return [];
  const rest = behind.length > NAMED ? ` and ${behind.length - NAMED} more` : '';
  return [`Waiting since ${seconds(since)} for proxy ${behind.slice(0, NAMED).join(', ')}${rest}.`];
}

function seconds(date: Date | undefined): string {
  return (date ?? new Date(0)).toISOString().replace(/\.\d+Z$/, 'Z');
}
