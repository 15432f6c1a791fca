// SPDX-License-Identifier: Apache-2.0
import { stringify } from 'yaml';

interface Shown {
  apiVersion?: string;
  kind?: string;
  metadata: { name: string; namespace?: string; generation?: number };
  spec?: unknown;
  status?: unknown;
}

/** An object of the API server without what is another one each time: as it is kept in a file. */
export const shownObject = ({ apiVersion, kind, metadata, spec, status }: Shown): string => {
  const { name, namespace, generation } = metadata;
  const shown = { apiVersion, kind, metadata: { name, namespace, generation }, spec, status };
  return stringify(settled(shown), { lineWidth: 140 });
};

const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;

const settled = (value: unknown): unknown => {
  if (typeof value === 'string') return value.replace(TIME, '2026-01-05T12:00:00Z');
  if (Array.isArray(value)) return value.map(settled);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(
    members.map(([name, member]) => [name, name === 'programmedRevision' ? '0123456789ab' : settled(member)]),
  );
};
