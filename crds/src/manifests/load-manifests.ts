// SPDX-License-Identifier: Apache-2.0
import { KINDS, type Kind, type Resource } from '../kinds/registry.ts';
import { doubts } from './doubts.ts';
import { formatPath, parsePath, type FieldPath } from './field-path.ts';
import type { Finding } from './finding.ts';
import { identify } from './identity.ts';
import type { Problem } from './problem.ts';
import { manifestSchema, SECRET_SCHEMA } from './resource-schemas.ts';
import { isRecord } from './scalar-check.ts';
import { checkSchema } from './schema-check.ts';
import { scopeFindings } from './scope-check.ts';
import { mergeSecretData, secretFindings, type Secret } from './secret.ts';
import { parseYaml, type Position, type YamlDocument } from './yaml-document.ts';

/** A text that holds manifests; `path` is only used to name it. */
export interface ManifestFile {
  path: string;
  text: string;
}

/** Where a resource was written. */
export interface ManifestSource {
  file: string;
  line: number;
}

/** A resource without errors, its defaults filled in. */
export type LoadedResource = (Resource | Secret) & { source: ManifestSource };

export interface LoadedManifests {
  resources: LoadedResource[];
  /** In the order of files and lines. */
  problems: Problem[];
  /**
   * Where a field of a resource stands, as `spec.addresses[0].cidr`; the nearest object around it where the manifest
   * does not have it. For problems that only show when resources are seen together. `undefined`: no such resource.
   */
  locate: (resource: ResourceName, field: string) => (Position & { file: string }) | undefined;
}

/** Which resource is meant; `metadata` is enough of it. */
export interface ResourceName {
  kind: string;
  metadata: { namespace?: string; name: string };
}

/**
 * Reads and checks manifests as the API server would, with the place of every problem. Pure, and never throws: a
 * resource with an error is left out, and takes no other down with it.
 */
export function loadManifests(files: readonly ManifestFile[]): LoadedManifests {
  const loader = new Loader();
  for (const file of files) {
    for (const document of parseYaml(file.text)) loader.addDocument(file.path, document);
  }
  const { resources, problems } = loader;
  return { resources, problems, locate: (resource, field) => loader.locate(resource, field) };
}

/** One manifest within a document: the document itself, or an entry of a List. */
interface Place {
  file: string;
  document: YamlDocument;
  base: FieldPath;
}

class Loader {
  readonly resources: LoadedResource[] = [];
  readonly problems: Problem[] = [];
  /** Everything seen, sound or not, by `identityKey`. */
  readonly #seen = new Map<string, Place>();

  locate({ kind, metadata: { namespace, name } }: ResourceName, field: string) {
    const place = this.#seen.get(identityKey(kind, namespace, name));
    if (place === undefined) return undefined;
    return { file: place.file, ...place.document.locate([...place.base, ...parsePath(field)], 'value') };
  }

  addDocument(file: string, document: YamlDocument): void {
    const place = { file, document, base: [] };
    if (document.errors.length === 0) {
      this.#addManifest(place, document.value);
      return;
    }
    const named = namesOf(document.value);
    for (const { path, ...error } of document.errors) {
      this.problems.push({ severity: 'error', file, ...named, field: formatPath(path), ...error });
    }
  }

  #addManifest(place: Place, manifest: unknown): void {
    const identity = identify(manifest);
    if (identity.sort === 'ignored') return;
    if (identity.sort === 'unknown') this.#report(place, manifest, identity.findings);
    else if (!isRecord(manifest)) return;
    else if (identity.sort === 'list') this.#addItems(place, manifest);
    else if (identity.sort === 'secret') this.#addSecret(place, manifest);
    else this.#addResource(place, manifest, identity.kind);
  }

  #addItems(place: Place, list: Record<string, unknown>): void {
    if (!Array.isArray(list.items)) {
      const remedy = 'Write the resources as a list below items:';
      this.#report(place, list, [{ path: ['items'], at: 'value', message: 'must be a list', remedy }]);
      return;
    }
    for (const [index, item] of list.items.entries()) {
      this.#addManifest({ ...place, base: [...place.base, 'items', index] }, item);
    }
  }

  #addResource(place: Place, manifest: Record<string, unknown>, kind: Kind): void {
    const checked = checkSchema(manifestSchema(kind), manifest, []);
    const scope = scopeFindings(manifest, kind, KINDS[kind].scope);
    if (!this.#accept(place, manifest, [...checked.findings, ...scope])) return;
    const resource = withGeneration(checked.value) as unknown as Resource;
    this.#report(place, manifest, doubts(resource));
    this.resources.push({ ...resource, source: this.#sourceOf(place) });
  }

  #addSecret(place: Place, manifest: Record<string, unknown>): void {
    const checked = checkSchema(SECRET_SCHEMA, manifest, []);
    const findings = [
      ...checked.findings,
      ...secretFindings(manifest),
      ...scopeFindings(manifest, 'Secret', 'Namespaced'),
    ];
    if (!this.#accept(place, manifest, findings)) return;
    const { apiVersion, kind, metadata, type } = withGeneration(checked.value);
    const data = mergeSecretData(manifest);
    const secret = { apiVersion, kind, metadata, ...(type !== undefined && { type }), data } as Secret;
    this.resources.push({ ...secret, source: this.#sourceOf(place) });
  }

  /** Reports what was found, and says whether the manifest may be returned. */
  #accept(place: Place, manifest: Record<string, unknown>, findings: Finding[]): boolean {
    const all = [...findings, ...this.#repetition(place, manifest)];
    this.#report(place, manifest, all);
    return all.every((finding) => finding.severity === 'warning');
  }

  #repetition(place: Place, manifest: Record<string, unknown>): Finding[] {
    const { kind, namespace, name } = namesOf(manifest);
    if (name === undefined) return [];
    const key = identityKey(kind, namespace, name);
    const seen = this.#seen.get(key);
    if (seen === undefined) {
      this.#seen.set(key, place);
      return [];
    }
    const first = this.#sourceOf(seen);
    const message = `is already used by the ${kind ?? 'resource'} at ${first.file}:${first.line}, which is kept`;
    return [
      {
        path: ['metadata', 'name'],
        at: 'value',
        value: name,
        message,
        remedy: 'Rename or remove one of the two',
      },
    ];
  }

  #sourceOf({ file, document, base }: Place): ManifestSource {
    return { file, line: document.locate(base, 'value').line };
  }

  #report(place: Place, manifest: unknown, findings: Finding[]): void {
    const named = namesOf(manifest);
    const problems = findings.map((finding): Problem => {
      const { line, column } = place.document.locate([...place.base, ...finding.path], finding.at);
      const { severity = 'error', message, remedy } = finding;
      const value = named.kind === 'Secret' && !isNamePath(finding.path) ? undefined : show(finding.value);
      const field = formatPath(finding.path);
      return {
        severity,
        file: place.file,
        line,
        column,
        ...named,
        field,
        ...(value !== undefined && { value }),
        message,
        remedy,
      };
    });
    this.problems.push(...problems.sort((a, b) => a.line - b.line || a.column - b.column));
  }
}

function isNamePath(path: FieldPath): boolean {
  return path[0] === 'metadata' || path[0] === 'kind' || path[0] === 'apiVersion';
}

/** What was written, shortened to one line that fits. */
function show(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function identityKey(kind: string | undefined, namespace: string | undefined, name: string): string {
  return JSON.stringify([kind, namespace ?? null, name]);
}

type Names = Pick<Problem, 'kind' | 'namespace' | 'name'>;

function namesOf(manifest: unknown): Names {
  if (!isRecord(manifest)) return {};
  const metadata = isRecord(manifest.metadata) ? manifest.metadata : {};
  const { kind } = manifest;
  const { namespace, name } = metadata;
  return {
    ...(typeof kind === 'string' && { kind }),
    ...(typeof namespace === 'string' && { namespace }),
    ...(typeof name === 'string' && { name }),
  };
}

function withGeneration(manifest: unknown): Record<string, unknown> & { metadata: object } {
  const whole = manifest as Record<string, unknown> & { metadata: Record<string, unknown> };
  return { ...whole, metadata: { ...whole.metadata, generation: whole.metadata.generation ?? 1 } };
}
