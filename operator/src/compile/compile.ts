// SPDX-License-Identifier: Apache-2.0
import type { EdgeConfig, Resource } from '@trunkline/crds';
import { Compiler, type SecretData } from './compiler.ts';
import type { CompileSettings } from './facts.ts';
import type { Finding } from './issue.ts';
import type { ResourceKey } from './resources.ts';
import type { ResourceStatus } from './statuses.ts';

export interface CompileInput {
  /** With defaults filled in, as the API server or `loadManifests` gives them; invalid ones do not harm the others. */
  resources: Iterable<Resource>;
  /** Decoded Secrets by `namespace/name`. */
  secrets: Iterable<[key: string, data: SecretData]>;
  settings: CompileSettings;
}

export interface Compilation {
  config: EdgeConfig;
  statuses: Map<ResourceKey, ResourceStatus>;
  findings: Finding[];
}

/** Resources in, EdgeConfig and a status for every resource out. Pure, and never throws for what a resource says. */
export function compile(input: CompileInput): Compilation {
  const compiler = new Compiler(input.settings);
  compiler.apply({ upserted: input.resources, secrets: input.secrets });
  return { config: compiler.config(), statuses: compiler.statuses(), findings: compiler.findings() };
}
