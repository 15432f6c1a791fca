// SPDX-License-Identifier: Apache-2.0
import type { Kind, ResourceOf } from '@trunkline/crds';
import {
  isKubeError,
  KubeClient,
  loadKubeConfig,
  refOf,
  type KubeObject,
  type ListQuery,
  type ResourceKind,
} from '@trunkline/kube';
import { RESOURCE_KINDS } from '@trunkline/operator/kubernetes';
import { CommandError } from '../usage-error.ts';
import type { ClusterFlags } from './cluster-flags.ts';
import { kubeFailure } from './kube-failure.ts';

/** For one answer; a person is waiting. */
const TIMEOUT_MS = 15_000;

/** An API server, read as whoever the kubeconfig says. Throws CommandErrors that say what to do. */
export class Cluster {
  readonly #client: KubeClient;
  /** Whose resources are meant; undefined: of all. */
  readonly namespace: string | undefined;
  readonly operatorNamespace: string;
  #clockAhead = 0;

  constructor(flags: ClusterFlags) {
    const { kubeconfig, context, namespace, allNamespaces, operatorNamespace } = flags;
    const config = kubeConfig(kubeconfig, context);
    const own = config.getContextObject(config.getCurrentContext())?.namespace;
    this.namespace = allNamespaces ? undefined : (namespace ?? own ?? 'default');
    this.operatorNamespace = operatorNamespace;
    this.#client = new KubeClient(config, {
      ...{ userAgent: 'kubectl-trunkline', timeoutMs: TIMEOUT_MS },
      onClock: (serverTime) => {
        this.#clockAhead = serverTime - Date.now();
      },
    });
  }

  /** The API server's time, as of its last answer: proxies are not silent because this machine's clock is wrong. */
  now(): number {
    return Date.now() + this.#clockAhead;
  }

  /** Resources of ours, in the namespace that is meant, by namespace and name. */
  async resources<K extends Kind>(kind: K): Promise<(ResourceOf<K> & KubeObject)[]> {
    const { namespace } = this;
    const found = await this.list<ResourceOf<K> & KubeObject>(RESOURCE_KINDS[kind], { namespace });
    return found.sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  }

  /** Objects of the operator's namespace. */
  own<T extends KubeObject>(kind: ResourceKind, labelSelector: string): Promise<T[]> {
    return this.list<T>(kind, { namespace: this.operatorNamespace, labelSelector });
  }

  async list<T extends KubeObject>(kind: ResourceKind, query: ListQuery): Promise<T[]> {
    try {
      return (await this.#client.list<T>(kind, query)).items;
    } catch (error) {
      throw kubeFailure(error, kind);
    }
  }

  /** `NAME` of the operator's namespace, or `NAMESPACE/NAME`. */
  async get<T extends KubeObject>(kind: ResourceKind, key: string): Promise<T> {
    const { namespace = this.operatorNamespace, name } = refOf(key);
    try {
      return await this.#client.get<T>(kind, { namespace, name });
    } catch (error) {
      throw kubeFailure(error, kind, `${namespace}/${name}`);
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

/** What who asks may read; undefined where the API server says that they may not. */
export async function ifAllowed<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    const cause = error instanceof CommandError ? error.cause : error;
    if (isKubeError(cause) && cause.status === 403) return undefined;
    throw error;
  }
}

function kubeConfig(file: string | undefined, context: string | undefined) {
  try {
    const config = loadKubeConfig({
      ...(file !== undefined && { file }),
      ...(context !== undefined && { context }),
    });
    if (config.getCurrentCluster()) return config;
    const names = config.getContexts().map(({ name }) => name);
    throw new CommandError(
      `there is no context ${context ?? config.getCurrentContext()} in the kubeconfig: it has ${names.join(', ') || 'none'}`,
    );
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`the kubeconfig cannot be read: ${(error as Error).message}`);
  }
}

function placeOf({ metadata: { namespace = '', name } }: KubeObject): string {
  return `${namespace}/${name}`;
}
