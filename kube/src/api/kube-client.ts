// SPDX-License-Identifier: Apache-2.0
import type { KubeConfig } from '@kubernetes/client-node';
import { jsonLines } from './json-lines.ts';
import { KubeError } from './kube-error.ts';
import type { KubeObject, ObjectRef, ResourceKind } from './objects.ts';
import { resourcePath } from './resource-path.ts';
import { Transport, type Exchange, type RequestOptions, type TransportOptions } from './transport.ts';

/** Which objects of a kind. Without a namespace: all of them. */
export interface Selection {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
}

export interface ListQuery extends Selection, RequestOptions {
  limit?: number | undefined;
  /** From the page before. */
  continue?: string | undefined;
}

export interface Page<T> {
  items: T[];
  resourceVersion: string;
  /** Where there are more pages. */
  continue?: string;
}

export interface WatchQuery extends Selection, RequestOptions {
  resourceVersion: string;
  /** When the server ends the watch. */
  timeoutSeconds: number;
  /** Without a byte for so long, the watch counts as dead. */
  idleMs: number;
  onOpen?: () => void;
}

export interface WatchEvent {
  type: string;
  object: unknown;
}

export interface ApplyOptions extends RequestOptions {
  /** Who owns the fields: one name per controller, another for its status. */
  fieldManager: string;
  /** Takes fields away from others; only for objects that are ours alone. */
  force?: boolean;
  subresource?: 'status';
  dryRun?: boolean;
}

export interface DeleteOptions extends RequestOptions {
  /** Deletes only this very object, and not one of the same name made since. */
  uid?: string | undefined;
  resourceVersion?: string | undefined;
}

const MERGE_PATCH = 'application/merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';

/** The verbs that controllers need. Each throws KubeError, and nothing else, when the server does not do it. */
export class KubeClient {
  readonly #transport: Transport;

  constructor(config: KubeConfig, options?: TransportOptions) {
    this.#transport = new Transport(config, options);
  }

  async get<T extends KubeObject>(kind: ResourceKind, ref: ObjectRef, options?: RequestOptions): Promise<T> {
    return this.#object<T>({ ...options, method: 'GET', path: resourcePath(kind, ref) });
  }

  /** One page. Items of built-in kinds come without `apiVersion` and `kind`. */
  async list<T extends KubeObject>(kind: ResourceKind, query: ListQuery = {}): Promise<Page<T>> {
    const { namespace, signal, timeoutMs, ...parameters } = query;
    const path = resourcePath(kind, { namespace });
    const body = await this.request({ signal, timeoutMs, method: 'GET', path, query: parameters });
    const { items, metadata } = (body ?? {}) as {
      items?: T[] | null;
      metadata?: { resourceVersion?: unknown; continue?: string };
    };
    if (typeof metadata?.resourceVersion !== 'string' || (items && !Array.isArray(items))) {
      throw new KubeError({ code: 'malformed', message: `the answer to GET ${path} is no list` });
    }
    return {
      items: items ?? [],
      resourceVersion: metadata.resourceVersion,
      ...(metadata.continue ? { continue: metadata.continue } : {}),
    };
  }

  /** Events until the server ends the watch; throws when anything else ends it. */
  async *watch(kind: ResourceKind, query: WatchQuery): AsyncGenerator<WatchEvent> {
    const { namespace, signal, timeoutMs, idleMs, onOpen, ...parameters } = query;
    const path = resourcePath(kind, { namespace });
    const chunks = this.#transport.stream({
      ...{ path, signal, timeoutMs, idleMs, onOpen },
      query: { ...parameters, watch: true, allowWatchBookmarks: true },
    });
    for await (const line of jsonLines(chunks)) {
      const { type, object } = (line ?? {}) as Partial<WatchEvent>;
      if (typeof type !== 'string' || typeof object !== 'object') {
        throw new KubeError({ code: 'malformed', message: 'a watch event without type or object' });
      }
      yield { type, object };
    }
  }

  async create<T extends KubeObject>(kind: ResourceKind, object: T, options?: RequestOptions): Promise<T> {
    const path = resourcePath(kind, { namespace: object.metadata.namespace });
    return this.#object<T>({ ...options, method: 'POST', path, body: withKind(kind, object) });
  }

  /** Writes the whole object. With a `resourceVersion` in it, a conflict where someone else wrote since. */
  async replace<T extends KubeObject>(kind: ResourceKind, object: T, options?: RequestOptions): Promise<T> {
    const path = resourcePath(kind, object.metadata);
    return this.#object<T>({ ...options, method: 'PUT', path, body: withKind(kind, object) });
  }

  /** Server-side apply: creates the object, or makes our fields of it what is given and removes those we gave before. */
  async apply<T extends KubeObject>(
    kind: ResourceKind,
    object: KubeObject,
    options: ApplyOptions,
  ): Promise<T> {
    const { fieldManager, force, subresource, dryRun, ...rest } = options;
    const { name, namespace } = object.metadata;
    return this.#object<T>({
      ...rest,
      method: 'PATCH',
      path: resourcePath(kind, { name, namespace, subresource }),
      query: { fieldManager, force: force ?? false, dryRun: dryRun ? 'All' : undefined },
      // YAML 1.2 holds JSON.
      contentType: APPLY_PATCH,
      body: withKind(kind, object),
    });
  }

  /** RFC 7396. With `metadata.resourceVersion` in the patch, a conflict where someone else wrote since. */
  async mergePatch<T extends KubeObject>(
    kind: ResourceKind,
    ref: ObjectRef,
    patch: unknown,
    options?: RequestOptions,
  ): Promise<T> {
    return this.#object<T>({
      ...options,
      method: 'PATCH',
      path: resourcePath(kind, ref),
      contentType: MERGE_PATCH,
      body: patch,
    });
  }

  async delete(kind: ResourceKind, ref: ObjectRef, options: DeleteOptions = {}): Promise<void> {
    const { uid, resourceVersion, ...rest } = options;
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
      preconditions: { uid, resourceVersion },
    };
    await this.request({ ...rest, method: 'DELETE', path: resourcePath(kind, ref), body });
  }

  /** Any other path, such as `/version`. */
  request(exchange: Exchange): Promise<unknown> {
    return this.#transport.request(exchange);
  }

  /** Ends everything that is still open. */
  close(): Promise<void> {
    return this.#transport.close();
  }

  async #object<T extends KubeObject>(exchange: Exchange): Promise<T> {
    const body = (await this.request(exchange)) as Partial<KubeObject> | undefined;
    if (typeof body?.metadata?.name !== 'string') {
      throw new KubeError({
        code: 'malformed',
        message: `the answer to ${exchange.method} ${exchange.path} is no object`,
      });
    }
    return body as T;
  }
}

const withKind = (kind: ResourceKind, object: KubeObject): KubeObject => ({
  ...object,
  apiVersion: kind.apiVersion,
  kind: kind.kind,
});
