// SPDX-License-Identifier: Apache-2.0
import { secretText, type LoadedResource, type Resource, type Secret } from '@trunkline/crds';
import type { SecretData } from './compiler.ts';
import { localKey } from './resources.ts';

/** Manifests as `compile` takes them: resources apart from Secrets, without the places they were written at. */
export function fromManifests(loaded: readonly LoadedResource[]): {
  resources: Resource[];
  secrets: [key: string, data: SecretData][];
} {
  const resources: Resource[] = [];
  const secrets: [key: string, data: SecretData][] = [];
  for (const resource of loaded) {
    if (resource.kind === 'Secret') secrets.push([localKey(resource), decoded(resource)]);
    else resources.push(withoutSource(resource));
  }
  return { resources, secrets };
}

/** A line that moves is no change of the resource. */
function withoutSource(resource: Resource & { source?: unknown }): Resource {
  const bare = { ...resource };
  delete bare.source;
  return bare;
}

function decoded(secret: Secret): SecretData {
  const keys = Object.keys(secret.data);
  return Object.fromEntries(keys.map((key) => [key, secretText(secret, key) ?? '']));
}
