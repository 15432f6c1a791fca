// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { startProgram, type Program } from './program.ts';

const BUILD = join(import.meta.dirname, '..', 'tools', 'build.sh');

/** Folders that may hold the programs: what the user names, then what `e2e/tools/build.sh` has built. */
const folders = (): string[] => {
  const built = spawnSync('bash', [BUILD, '--where'], { encoding: 'utf8' }).stdout.trim();
  return [process.env.KUBEBUILDER_ASSETS ?? '', built].filter((folder) => folder !== '');
};

/** Path of a program of the Kubernetes tests: `kube-apiserver`, `etcd`, `kubectl`, `helm`, `kustomize`, `kubeconform`. */
export const kubeTool = (name: string): string | undefined => {
  // The two servers are never taken from PATH: whose version that is nobody knows.
  const onPath = ['kube-apiserver', 'etcd'].includes(name) ? [] : (process.env.PATH ?? '').split(delimiter);
  return [...folders(), ...onPath].map((folder) => join(folder, name)).find(isExecutable);
};

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** For `describe`: true where all are there. Where not, says so; under `CI=true` that is a failure. */
export const requireKubeTools = (...names: string[]): boolean => {
  const missing = names.filter((name) => kubeTool(name) === undefined);
  if (missing.length === 0) return true;
  const message = `${missing.join(', ')} missing: e2e/tools/build.sh builds them (Go), or set KUBEBUILDER_ASSETS`;
  if (process.env.CI === 'true') throw new Error(message);
  process.stderr.write(`skipped: ${message}\n`);
  return false;
};

export interface KubeApiServer {
  readonly url: string;
  /** A kubeconfig file of the cluster's admin. */
  readonly kubeconfig: string;
  /** The same as text, for another user: RBAC decides what the user may do. */
  kubeconfigFor(user: 'admin' | TokenUser): string;
  /** Ends the API server alone; etcd keeps the data. */
  stopApi(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port. */
  startApi(): Promise<void>;
  log(): string;
  stop(): Promise<void>;
}

/** A user with a static token. `system:serviceaccount:NAMESPACE:NAME` stands for a pod's account. */
export interface TokenUser {
  token: string;
  name: string;
  groups?: string[];
}

const ADMIN: TokenUser = { token: 'admin-token', name: 'admin', groups: ['system:masters'] };

/**
 * A real kube-apiserver with its etcd, on loopback alone: RBAC is on, nothing else of a cluster is there (no controllers, no
 * nodes). `users` get tokens; `args` are further flags of kube-apiserver.
 */
export const startKubeApiServer = async (
  options: { users?: TokenUser[]; args?: string[] } = {},
): Promise<KubeApiServer> => {
  const [etcdPath, apiPath] = [kubeTool('etcd'), kubeTool('kube-apiserver')];
  if (etcdPath === undefined || apiPath === undefined) throw new Error('run e2e/tools/build.sh first');
  const folder = mkdtempSync(join(tmpdir(), 'tl-kube-'));
  const etcd = await startEtcd(etcdPath, join(folder, 'etcd'));
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const keyFile = write(
    folder,
    'service-account.key',
    privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
  );
  const tokens = [ADMIN, ...(options.users ?? [])]
    .map(({ token, name, groups }) => `${token},${name},${name},"${(groups ?? []).join(',')}"\n`)
    .join('');
  const certificates = join(folder, 'certificates');
  const args = [
    ...[`--etcd-servers=${etcd.url}`, '--bind-address=127.0.0.1', `--secure-port=${port}`],
    ...[
      '--advertise-address=127.0.0.1',
      `--cert-dir=${certificates}`,
      '--service-cluster-ip-range=10.0.0.0/24',
    ],
    ...['--authorization-mode=RBAC', `--token-auth-file=${write(folder, 'tokens.csv', tokens)}`],
    ...[`--service-account-key-file=${keyFile}`, `--service-account-signing-key-file=${keyFile}`],
    ...[
      '--service-account-issuer=https://kubernetes.default.svc',
      '--disable-admission-plugins=ServiceAccount',
    ],
    // One server among no others: nobody waits for it to be drained from a load balancer, or leads an election.
    ...['--endpoint-reconciler-type=none', '--shutdown-delay-duration=0s', ...(options.args ?? [])],
  ];
  const log: string[] = [];
  let api: Program | undefined;

  const kubeconfigFor: KubeApiServer['kubeconfigFor'] = (user) =>
    kubeconfig(url, readFileSync(join(certificates, 'apiserver.crt')), user === 'admin' ? ADMIN : user);
  const stopApi = async (signal: NodeJS.Signals = 'SIGTERM') => {
    // Open watches would keep it for a minute.
    await api?.stop(signal, 5_000);
    log.push(api?.stderr ?? '');
    api = undefined;
  };
  const startApi = async () => {
    const program = startProgram({ command: apiPath, args });
    api = program;
    const over = program.exited.then((code) => {
      throw new Error(`kube-apiserver ended with ${code}: ${program.stderr.slice(-4_000)}`);
    });
    over.catch(() => undefined);
    await Promise.race([isReady(url, certificates), over]);
  };
  const stop = async () => {
    await stopApi('SIGKILL');
    await etcd.stop();
    rmSync(folder, { recursive: true, force: true });
  };

  try {
    await startApi();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    kubeconfig: write(folder, 'kubeconfig', kubeconfigFor('admin')),
    kubeconfigFor,
    stopApi,
    startApi,
    log: () => [...log, api?.stderr ?? ''].join('\n'),
    stop,
  };
};

const write = (folder: string, name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
};

/** The server's own certificate, self-signed, is what is trusted. JSON is YAML. */
const kubeconfig = (server: string, ca: Buffer, { token, name }: TokenUser): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': ca.toString('base64') } }],
    users: [{ name, user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: name } }],
  });

const startEtcd = async (command: string, data: string) => {
  const [client, peer] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${client}`;
  const program = startProgram({
    command,
    args: [
      ...[`--data-dir=${data}`, `--listen-client-urls=${url}`, `--advertise-client-urls=${url}`],
      ...[
        `--listen-peer-urls=http://127.0.0.1:${peer}`,
        `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
      ],
      // Data of a test need not outlive a power cut.
      ...[`--initial-cluster=default=http://127.0.0.1:${peer}`, '--unsafe-no-fsync', '--log-level=error'],
    ],
  });
  const over = program.exited.then((code) => {
    throw new Error(`etcd ended with ${code}: ${program.stderr.slice(-2_000)}`);
  });
  over.catch(() => undefined);
  const healthy = eventually('etcd to be healthy', async () => (await answers(`${url}/health`)) === 200, {
    timeoutMs: 60_000,
  });
  await Promise.race([healthy, over]);
  return { url, stop: () => program.stop('SIGKILL') };
};

/** `/readyz` says ok when the server's own roles and namespaces are made, too. */
const isReady = (url: string, certificates: string): Promise<boolean> =>
  eventually(
    'kube-apiserver to be ready',
    () =>
      new Promise<boolean>((resolve) => {
        const failed = () => {
          resolve(false);
        };
        try {
          const ca = readFileSync(join(certificates, 'apiserver.crt'));
          const headers = { authorization: `Bearer ${ADMIN.token}` };
          const request = get(`${url}/readyz`, { ca, headers, agent: false, timeout: 5_000 }, (response) => {
            response.resume();
            resolve(response.statusCode === 200);
          });
          request.once('error', failed).once('timeout', () => request.destroy(new Error('too slow')));
        } catch {
          failed();
        }
      }),
    { timeoutMs: 120_000, everyMs: 100 },
  );

const answers = async (url: string): Promise<number> => {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(5_000) })).status;
  } catch {
    return 0;
  }
};
