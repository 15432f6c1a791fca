// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { EngineKind } from './engine-under-test.ts';
import type { Flow, Sightings } from './flow.ts';
import { flows, timeLimits } from './flows/index.ts';

/** What was seen, by flow. */
export type Recording = Record<string, Sightings>;

const PRETTIER = fileURLToPath(new URL('../../node_modules/prettier/bin/prettier.cjs', import.meta.url));

const fileOf = (kind: EngineKind): string =>
  fileURLToPath(new URL(`recorded/${kind.replaceAll(' ', '-')}.json`, import.meta.url));

export const readRecording = (kind: EngineKind): Recording => {
  try {
    return JSON.parse(readFileSync(fileOf(kind), 'utf8')) as Recording;
  } catch {
    return {};
  }
};

/**
 * `PARITY_RECORD=drachtio` (or another kind) runs the suite on that engine alone and writes down what is seen, in place of comparing
 * it. Look at the difference before you commit it.
 */
export const recordedKind = (): EngineKind | undefined => process.env.PARITY_RECORD as EngineKind | undefined;

/** Flows that were not run keep what was recorded; those that are gone, or need no recording of their own, lose it. */
export const writeRecording = (kind: EngineKind, seen: Recording): void => {
  const all = { ...readRecording(kind), ...seen };
  const wanted = [...flows, ...timeLimits].filter(
    (flow) => kind === 'drachtio' || excuseOf(kind, flow) !== undefined,
  );
  const kept = wanted.flatMap(({ name }) => (all[name] ? [[name, all[name]] as const] : []));
  const file = fileOf(kind);
  writeFileSync(file, JSON.stringify(Object.fromEntries(kept)));
  spawnSync(process.execPath, [PRETTIER, '--write', file]);
};

/** Why this engine may show something else than drachtio-server; undefined: it may not. */
export const excuseOf = (kind: EngineKind, flow: Flow): string | undefined => {
  if (kind === 'drachtio') return undefined;
  return kind === 'sip-engine with parity' ? flow.withParity : (flow.withoutParity ?? flow.withParity);
};

/** What a flow has to show on an engine. */
export const expectedOf = (kind: EngineKind, flow: Flow): Sightings | undefined =>
  readRecording(excuseOf(kind, flow) === undefined ? 'drachtio' : kind)[flow.name];
