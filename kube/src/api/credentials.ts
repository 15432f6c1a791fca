// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { RequestOptions } from 'node:https';
import type { KubeConfig, RequestContext } from '@kubernetes/client-node';
import { Agent, ProxyAgent, type buildConnector, type Dispatcher } from 'undici';

export interface Access {
  readonly server: string;
  readonly headers: Record<string, string>;
  readonly dispatcher: Dispatcher;
}

/** Kubelet renews a pod's token long before it ends; a minute is what client-go waits, too. */
const FRESH_MS = 60_000;

/**
 * Who we are to the API server. client-node reads kubeconfigs, token files and exec plugins, but makes a new connection
 * pool each time it is asked: here one pool lives as long as its TLS material stays the same.
 */
export class Credentials {
  readonly #config: KubeConfig;
  #access: Access | undefined;
  #fingerprint = '';
  #readAt = -Infinity;
  #reading: Promise<Access> | undefined;

  constructor(config: KubeConfig) {
    this.#config = config;
  }

  /** Read again when older than a minute, by one reader however many ask. */
  async access(): Promise<Access> {
    if (this.#access && performance.now() - this.#readAt < FRESH_MS) return this.#access;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** After a 401: the next request reads them again. */
  expire(): void {
    this.#readAt = -Infinity;
  }

  /** Cuts what is still open, watches among it. */
  async close(): Promise<void> {
    await this.#access?.dispatcher.destroy();
  }

  async #read(): Promise<Access> {
    const options: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    const { ca, cert, key, servername, rejectUnauthorized, auth } = options;
    const tls: Partial<buildConnector.BuildOptions> = Object.fromEntries(
      Object.entries({ ca, cert, key, servername, rejectUnauthorized }).filter(
        ([, value]) => value !== undefined,
      ),
    );
    const fingerprint = createHash('sha256').update(Object.values(tls).join('\n')).digest('hex');
    let dispatcher = this.#access?.dispatcher;
    if (!dispatcher || fingerprint !== this.#fingerprint) {
      // The old pool ends by itself once its last request, perhaps a watch, has ended.
      void dispatcher?.close().catch(() => undefined);
      dispatcher = await this.#connect(tls);
    }
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(options.headers ?? {})) headers[name] = String(value);
    if (auth) headers.Authorization = `Basic ${Buffer.from(auth).toString('base64')}`;
    const server = this.#config.getCurrentCluster()?.server;
    if (server === undefined) throw new TypeError('the kubeconfig has no current cluster');
    this.#access = { server: server.replace(/\/+$/, ''), headers, dispatcher };
    this.#fingerprint = fingerprint;
    this.#readAt = performance.now();
    return this.#access;
  }

  /**
   * HTTP/1.1 alone, a connection for each watch: undici 8 speaks HTTP/2 to whoever offers it, and then throws an error that nobody
   * can catch when such a connection has been idle.
   */
  async #connect(tls: Partial<buildConnector.BuildOptions>): Promise<Dispatcher> {
    const connect = { ...tls, keepAlive: true, keepAliveInitialDelay: 30_000 };
    const cluster = this.#config.getCurrentCluster();
    const way = this.#config.createDispatcherOptions(cluster, {});
    if (way.type === 'proxy') {
      return new ProxyAgent({
        uri: way.uri,
        requestTls: tls as buildConnector.BuildOptions,
        connect,
        allowH2: false,
      });
    }
    return way.type === 'socks' ? this.#throughSocks() : new Agent({ connect, allowH2: false });
  }

  /** Only client-node knows how; its connector does not offer HTTP/2. */
  async #throughSocks(): Promise<Dispatcher> {
    const made: Dispatcher[] = [];
    const context = {
      setHeaderParam: () => undefined,
      setDispatcher: (dispatcher: Dispatcher) => made.push(dispatcher),
    };
    await this.#config.applySecurityAuthentication(context as unknown as RequestContext);
    return made[0] ?? new Agent({ allowH2: false });
  }
}
