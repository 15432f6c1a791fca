// SPDX-License-Identifier: Apache-2.0
import { isKind, KINDS, type Kind } from '../kinds/registry.ts';
import { API_VERSION, GROUP } from '../schema/kind-definition.ts';
import type { Finding } from './finding.ts';
import { nearest } from './nearest.ts';
import { isRecord } from './scalar-check.ts';

/** What a document is, before anything else of it is looked at. */
export type Identity =
  | { sort: 'ours'; kind: Kind }
  | { sort: 'secret' }
  | { sort: 'list' }
  /** Belongs to Kubernetes or its tools and changes nothing here. */
  | { sort: 'ignored' }
  | { sort: 'unknown'; findings: Finding[] };

const NAMES = [...Object.keys(KINDS), 'Secret'];

/** Tells what a document is by its apiVersion and kind. */
export function identify(manifest: unknown): Identity {
  if (!isRecord(manifest)) {
    return unknown({
      path: [],
      at: 'value',
      message: 'is not a resource',
      remedy: 'Write apiVersion, kind, metadata and spec',
    });
  }
  const { apiVersion, kind } = manifest;
  if (typeof kind !== 'string' || typeof apiVersion !== 'string') return unknown(...missing(manifest));
  if (isIgnored(apiVersion, kind)) return { sort: 'ignored' };
  if (isListKind(apiVersion, kind)) return { sort: 'list' };
  return identifyKind(apiVersion, kind);
}

function identifyKind(apiVersion: string, kind: string): Identity {
  const expected = kind === 'Secret' ? 'v1' : isKind(kind) ? API_VERSION : undefined;
  if (expected === undefined) return unknown(unknownKind(kind));
  if (apiVersion !== expected) {
    const message = `is not the version that ${kind} has`;
    return unknown({
      path: ['apiVersion'],
      at: 'value',
      value: apiVersion,
      message,
      remedy: `Write apiVersion: ${expected}`,
    });
  }
  return isKind(kind) ? { sort: 'ours', kind } : { sort: 'secret' };
}

function unknown(...findings: Finding[]): Identity {
  return { sort: 'unknown', findings };
}

function isIgnored(apiVersion: string, kind: string): boolean {
  return (apiVersion === 'v1' && kind === 'Namespace') || apiVersion.startsWith('kustomize.config.k8s.io/');
}

function isListKind(apiVersion: string, kind: string): boolean {
  if (kind === 'List') return apiVersion === 'v1';
  return apiVersion.startsWith(`${GROUP}/`) && kind.endsWith('List') && isKind(kind.slice(0, -'List'.length));
}

function unknownKind(kind: string): Finding {
  const guess = nearest(kind, NAMES);
  const remedy = guess === undefined ? `Known kinds are ${NAMES.join(', ')}` : `Did you mean ${guess}?`;
  return { path: ['kind'], at: 'value', value: kind, message: 'is not a known kind', remedy };
}

function missing(manifest: Record<string, unknown>): Finding[] {
  return ['apiVersion', 'kind']
    .filter((name) => typeof manifest[name] !== 'string')
    .map((name) => {
      const remedy =
        name === 'kind' ? `Add kind, one of ${NAMES.join(', ')}` : `Add apiVersion: ${API_VERSION}`;
      if (manifest[name] === undefined) return { path: [name], at: 'key', message: 'is required', remedy };
      return { path: [name], at: 'value', value: manifest[name], message: 'must be a string', remedy };
    });
}
