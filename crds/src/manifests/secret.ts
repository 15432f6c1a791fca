// SPDX-License-Identifier: Apache-2.0
import type { ResourceMetadata } from '../schema/resource.ts';
import type { Finding } from './finding.ts';
import { isRecord } from './scalar-check.ts';

/** A core/v1 Secret as the API server stores it: `stringData` has moved into `data`. */
export interface Secret {
  apiVersion: 'v1';
  kind: 'Secret';
  metadata: ResourceMetadata;
  type?: string;
  /** Base64 by key. */
  data: Record<string, string>;
}

/** The text under a key of a Secret (UTF-8), or `undefined` where the key is not there. */
export function secretText(secret: Pick<Secret, 'data'>, key: string): string | undefined {
  if (!Object.hasOwn(secret.data, key)) return undefined;
  return Buffer.from(secret.data[key] ?? '', 'base64').toString('utf8');
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Keys and base64 of a Secret; no finding carries a value. */
export function secretFindings(manifest: Record<string, unknown>): Finding[] {
  return ['data', 'stringData'].flatMap((field) => {
    const entries = Object.entries(isRecord(manifest[field]) ? manifest[field] : {});
    return entries.flatMap(([key, value]) => [
      ...keyFindings(field, key),
      ...base64Findings(field, key, value),
    ]);
  });
}

function keyFindings(field: string, key: string): Finding[] {
  if (/^[-._a-zA-Z0-9]{1,253}$/.test(key)) return [];
  return [
    {
      path: [field, key],
      at: 'key',
      message: 'is not a key of a Secret',
      remedy: 'Use letters, digits, . _ and -',
    },
  ];
}

function base64Findings(field: string, key: string, value: unknown): Finding[] {
  // Line breaks are allowed: Go's decoder, which the API server uses, skips them.
  if (field !== 'data' || typeof value !== 'string' || BASE64.test(value.replace(/[\r\n]/g, ''))) return [];
  const remedy = `Write it as plain text under stringData.${key}, or encode it: printf %s VALUE | base64`;
  return [{ path: [field, key], at: 'value', message: 'is not base64', remedy }];
}

/** `stringData` wins over `data`, as on the API server. */
export function mergeSecretData(manifest: Record<string, unknown>): Record<string, string> {
  const plain = Object.entries(stringsOf(manifest.stringData)).map(([key, text]) => [
    key,
    Buffer.from(text).toString('base64'),
  ]);
  return { ...stringsOf(manifest.data), ...(Object.fromEntries(plain) as Record<string, string>) };
}

function stringsOf(value: unknown): Record<string, string> {
  return isRecord(value) ? (value as Record<string, string>) : {};
}
