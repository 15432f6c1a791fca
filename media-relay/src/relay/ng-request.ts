// SPDX-License-Identifier: Apache-2.0
import type { LearningMode } from './learning.ts';
import type { Dictionary } from './ng-message.ts';

/** What an `error` reply says; the texts for the usual mistakes are rtpengine's. */
export class NgError extends Error {
  override readonly name = 'NgError';
}

/** @throws NgError `No <key> in message` */
export function requiredText(request: Dictionary, key: string, name = key): string {
  const value = request[key];
  if (typeof value === 'string' && value !== '') return value;
  throw new NgError(`No ${name} in message`);
}

export function optionalText(request: Dictionary, key: string): string | undefined {
  const value = request[key];
  return typeof value === 'string' ? value : undefined;
}

export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

/** Flags written with spaces, hyphens or underscores are the same to rtpengine. */
export function flagsOf(request: Dictionary): Set<string> {
  return new Set(texts(request.flags).map((flag) => flag.replace(/[ _]/g, '-')));
}

export function supportsLoadLimit(request: Dictionary): boolean {
  return texts(request.supports).some((feature) => feature.replace(/[-_]/g, ' ') === 'load limit');
}

/** How to treat the sources of the party whose SDP the request carries. */
export function learningMode(request: Dictionary): LearningMode {
  const flags = flagsOf(request);
  const strict = flags.has('strict-source');
  if (flags.has('asymmetric') || flags.has('endpoint-learning-off')) return { learning: 'off', strict };
  return { learning: flags.has('endpoint-learning-heuristic') ? 'heuristic' : 'delayed', strict };
}

/** `codec: {strip, except, offer}`, as far as the relay serves it. */
export interface CodecRules {
  strip: string[];
  except: string[];
  offer: string[];
}

export function codecRules(request: Dictionary): CodecRules {
  const codec =
    typeof request.codec === 'object' && request.codec !== null ? (request.codec as Dictionary) : {};
  const names = (key: string): string[] =>
    texts(codec[key]).map((name) => name.split('/')[0]?.toLowerCase() ?? '');
  return { strip: names('strip'), except: names('except'), offer: names('offer') };
}
