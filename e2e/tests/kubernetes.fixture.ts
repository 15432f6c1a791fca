// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kubeTool, startKubeApiServer, type KubeApiServer, type TokenUser } from '../src/kube-api-server.ts';
import {
  eventually,
  manifestText,
  mediaPortRange,
  startProgram,
  type Place,
  type Program,
  type Resource,
} from '../src/index.ts';

const root = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export const EXAMPLES = root('examples/acme');
export const NAMESPACE = 'trunkline';
export const START_MS = 180_000;

const OPERATOR: TokenUser = { token: 'operator-token', name: 'operator' };
const PROXY: TokenUser = { token: 'proxy-token', name: 'proxy' };
const SECRET_FILE_TEXT = 'engine-secret';

/** A program of ours, run from its sources. */
export interface Running {
  readonly program: Program;
  readonly ready: Record<string, unknown>;
  /** SIGINT, and its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number>;
}

export interface Edge {
  readonly sip: Place;
  readonly metrics: string;
  readonly proxy: Running;
  /** Ends the proxy alone, and starts it again with the same cache. */
  restartProxy(signal?: NodeJS.Signals): Promise<void>;
  stop(): Promise<void>;
}

export interface EdgeOptions {
  edge?: string;
  instance?: string;
  mediaPorts?: number;
  /** Further flags of the proxy. */
  flags?: string[];
}

interface Condition {
  type: string;
  status: string;
  reason: string;
  message: string;
  observedGeneration: number;
  lastTransitionTime: string;
}

// What a test looks at, it knows.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Json = Record<string, any>;

export interface KubeJson {
  metadata: Json & { name: string };
  spec?: Json;
  status?: Json & { conditions?: Condition[] };
  data?: Record<string, string>;
}

/**
 * A real API server with our resource definitions, and the operator and edges that a test starts in it. They have the permissions
 * below and no others.
 */
export class Cluster {
  readonly server: KubeApiServer;
  readonly #folder = mkdtempSync(join(tmpdir(), 'tl-k8s-'));
  readonly #stops: (() => Promise<unknown>)[] = [];
  #last: Program | undefined;

  private constructor(server: KubeApiServer) {
    this.server = server;
  }

  /** `users`: others than the programs', with whatever rights the test gives them. */
  static async start({ users = [] }: { users?: TokenUser[] } = {}): Promise<Cluster> {
    const cluster = new Cluster(await startKubeApiServer({ users: [OPERATOR, PROXY, ...users] }));
    try {
      await cluster.kubectl('create', 'namespace', NAMESPACE);
      await cluster.kubectl('apply', '--server-side', '-f', root('crds/yaml'));
      await cluster.apply(manifestText(permissions()));
      await cluster.kubectl('wait', '--for=condition=Established', '--all', 'crd', '--timeout=60s');
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** Fails the test where kubectl fails. */
  async kubectl(...args: string[]): Promise<string> {
    const result = await this.tryKubectl(...args);
    if (result.exitCode !== 0) throw new Error(`kubectl ${args.join(' ')}: ${result.stderr}`);
    return result.stdout;
  }

  async tryKubectl(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
    const program = startProgram({
      command: kubeTool('kubectl') ?? 'kubectl',
      args: ['--kubeconfig', this.server.kubeconfig, ...args],
      // Its discovery cache is of another server with the same port.
      env: { HOME: this.#folder, KUBECACHEDIR: join(this.#folder, 'cache') },
    });
    const exitCode = await program.exited;
    return { exitCode, stdout: program.stdout, stderr: program.stderr };
  }

  /** `kubectl apply` of manifests as text. */
  apply(text: string): Promise<string> {
    return this.withFile(text, (file) => this.kubectl('apply', '-f', file));
  }

  /** The text in a file that goes with the cluster. */
  async withFile<T>(text: string, use: (file: string) => Promise<T>): Promise<T> {
    const file = join(this.#folder, `manifests-${Math.random().toString(36).slice(2)}.yaml`);
    writeFileSync(file, text);
    return use(file);
  }

  /** The same of resources, and the namespaces that they are in. */
  applyResources(resources: Resource[]): Promise<string> {
    const namespaces = new Set(resources.flatMap(({ metadata }) => metadata.namespace ?? []));
    const made = [...namespaces].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
    return this.apply(manifestText([...made, ...resources]));
  }

  async get(...args: string[]): Promise<KubeJson> {
    return JSON.parse(await this.kubectl('get', '-o', 'json', ...args)) as KubeJson;
  }

  async list(...args: string[]): Promise<KubeJson[]> {
    return (JSON.parse(await this.kubectl('get', '-o', 'json', ...args)) as { items: KubeJson[] }).items;
  }

  /** `True Ready`, `False Pending`; undefined where the condition is not there, or of an older generation. */
  async condition(type: string, ...what: string[]): Promise<string | undefined> {
    const found = await this.conditionOf(type, ...what);
    return found && `${found.status} ${found.reason}`;
  }

  async conditionOf(type: string, ...what: string[]): Promise<Condition | undefined> {
    const { metadata, status } = await this.get(...what);
    const found = status?.conditions?.find((one) => one.type === type);
    return found?.observedGeneration === metadata.generation ? found : undefined;
  }

  awaitCondition(type: string, wanted: string, ...what: string[]): Promise<unknown> {
    return eventually(
      `${type} of ${what.join(' ')} to be ${wanted}`,
      async () => (await this.condition(type, ...what)) === wanted,
      { timeoutMs: 60_000, everyMs: 200 },
    );
  }

  waitReady(...what: string[]): Promise<string> {
    return this.kubectl('wait', '--for=condition=Ready', '--timeout=60s', ...what);
  }

  async startOperator(...flags: string[]): Promise<Running> {
    return this.#launch('operator/src/main.ts', [
      ...['--namespace', NAMESPACE, '--base-domain', 'example.com', '--http', '127.0.0.1:0'],
      ...['--kubeconfig', this.#kubeconfig(OPERATOR), ...flags],
    ]);
  }

  /** An edge as a release makes it: SIP engine, media relay, proxy. */
  async startEdge(options: EdgeOptions = {}): Promise<Edge> {
    const { edge = 'local', instance = 'proxy-1', mediaPorts, flags = [] } = options;
    const folder = mkdtempSync(join(this.#folder, 'edge-'));
    const secret = join(folder, 'secret');
    writeFileSync(secret, SECRET_FILE_TEXT);
    const { min, max } = mediaPortRange(mediaPorts);
    const engine = await this.#launch('sip-engine/src/main.ts', [
      ...['--sip', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--secret-file', secret],
      ...['--t1x64', '4000', '--metrics', '127.0.0.1:0'],
    ]);
    const relay = await this.#launch('media-relay/src/relay-main.ts', [
      ...['--ng', '127.0.0.1:0', '--address', '127.0.0.1', '--ports', `${min}-${max}`],
    ]);
    const args = [
      ...['--engine', `drachtio://${addressOf(engine.ready['admin'])}`, '--secret-file', secret],
      ...['--media', `ng://${addressOf(relay.ready['ng'])}`, '--spool', join(folder, 'spool')],
      ...['--config', `k8s:${NAMESPACE}`, '--config-cache', join(folder, 'cache')],
      ...['--kubeconfig', this.#kubeconfig(PROXY), '--edge', edge, '--instance', instance],
      ...flags,
    ];
    const startProxy = () => this.#launch('sip-proxy/src/main.ts', args);
    let proxy = await startProxy();
    const [sip] = engine.ready['sip'] as { host: string; port: number }[];
    return {
      sip: { address: sip?.host ?? '', port: sip?.port ?? 0 },
      get metrics() {
        return `http://${String(proxy.ready['metrics'])}`;
      },
      get proxy() {
        return proxy;
      },
      restartProxy: async (signal) => {
        await proxy.stop(signal);
        proxy = await startProxy();
      },
      stop: async () => {
        await proxy.stop();
        await Promise.all([engine.stop(), relay.stop()]);
      },
    };
  }

  /** The program of ours that was started last, ready or not. */
  lastProgram(): Program | undefined {
    return this.#last;
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#stops.splice(0).map((stop) => stop()));
    await this.server.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #launch(main: string, args: string[]): Promise<Running> {
    const program = startProgram({
      command: process.execPath,
      args: ['--disable-warning=ExperimentalWarning', root(main), ...args],
      env: { TRUNKLINE_CHILD: '1' },
    });
    this.#last = program;
    this.#stops.push(() => program.stop('SIGKILL'));
    const ready = await program.line(readyLine, 60_000);
    return { program, ready, stop: (signal = 'SIGINT') => program.stop(signal, 20_000) };
  }

  #kubeconfig(user: TokenUser): string {
    const file = join(this.#folder, `kubeconfig-${user.name}`);
    writeFileSync(file, this.server.kubeconfigFor(user), { mode: 0o600 });
    return file;
  }
}

const readyLine = (line: string): Record<string, unknown> | undefined => {
  if (!line.startsWith('{')) return undefined;
  const parsed = JSON.parse(line) as Record<string, unknown>;
  return parsed['event'] === 'ready' ? parsed : undefined;
};

const addressOf = (value: unknown): string => {
  if (typeof value === 'string') return value;
  const { host, port } = value as { host: string; port: number };
  return `${host}:${port}`;
};

const GROUP = 'trunkline.dev';

/** All that operator and proxy need. */
const permissions = (): Resource[] => [
  ...role('ClusterRole', 'operator', [
    { apiGroups: [GROUP], resources: ['*'], verbs: ['list', 'watch'] },
    { apiGroups: [GROUP], resources: ['*/status'], verbs: ['patch'] },
    { apiGroups: [GROUP], resources: ['credentiallists'], verbs: ['patch'] },
    { apiGroups: [''], resources: ['secrets'], verbs: ['list', 'watch'] },
    { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
  ]),
  ...role('Role', 'operator', [
    {
      apiGroups: [''],
      resources: ['configmaps', 'secrets'],
      verbs: ['list', 'watch', 'create', 'patch', 'delete'],
    },
    {
      apiGroups: ['coordination.k8s.io'],
      resources: ['leases'],
      verbs: ['get', 'list', 'watch', 'create', 'update', 'delete'],
    },
  ]),
  ...role('Role', 'proxy', [
    { apiGroups: [''], resources: ['configmaps', 'secrets'], verbs: ['list', 'watch'] },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create', 'patch', 'delete'] },
  ]),
];

const role = (kind: 'Role' | 'ClusterRole', name: string, rules: object[]): Resource[] => {
  const namespace = kind === 'Role' ? { namespace: NAMESPACE } : {};
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const apiGroup = 'rbac.authorization.k8s.io';
  const metadata = { name: `trunkline-${name}`, ...namespace };
  const bound = {
    ...{ apiVersion, kind: `${kind}Binding`, metadata },
    roleRef: { apiGroup, kind, name: metadata.name },
    subjects: [{ apiGroup, kind: 'User', name }],
  };
  return [{ apiVersion, kind, metadata, rules } as Resource, bound];
};
