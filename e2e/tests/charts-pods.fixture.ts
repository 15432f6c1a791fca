// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, startProgram, type Program } from '../src/index.ts';
import { REPOSITORY } from '../src/kube-commands.ts';

interface Probe {
  httpGet?: { path: string; port: string };
  exec?: { command: string[] };
}

export interface Container {
  name: string;
  command: string[];
  args?: string[];
  env?: { name: string; value?: string; valueFrom?: { fieldRef?: { fieldPath: string } } }[];
  ports?: { name: string; containerPort: number }[];
  volumeMounts?: { name: string; mountPath: string }[];
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  lifecycle?: { preStop: { exec: { command: string[] } } };
}

interface Volume {
  name: string;
  secret?: { secretName: string };
  configMap?: { name: string };
}

export interface PodSpec {
  initContainers?: Container[];
  containers: Container[];
  volumes?: Volume[];
}

export interface PodSetting {
  spec: PodSpec;
  /** What `fieldRef` finds. */
  fields: Record<string, string>;
  /** Folder with the bundled programs. */
  app: string;
  /** Programs of images that have another name here. */
  programs?: Record<string, string>;
  kubeconfig: string;
  /** Files of a Secret or ConfigMap. */
  filesOf: (kind: 'secret' | 'configmap', name: string) => Promise<Record<string, string>>;
}

/** Containers of a pod as processes on this machine: with the commands, variables, volumes and probes that the chart gives them. */
export class LocalPod {
  readonly #setting: PodSetting;
  readonly #folder = mkdtempSync(join(tmpdir(), 'tl-pod-'));
  readonly #running: Program[] = [];

  private constructor(setting: PodSetting) {
    this.#setting = setting;
  }

  static async create(setting: PodSetting): Promise<LocalPod> {
    const pod = new LocalPod(setting);
    for (const volume of setting.spec.volumes ?? []) {
      const folder = join(pod.#folder, volume.name);
      mkdirSync(folder);
      const files =
        volume.secret === undefined
          ? volume.configMap && (await setting.filesOf('configmap', volume.configMap.name))
          : await setting.filesOf('secret', volume.secret.secretName);
      for (const [name, text] of Object.entries(files ?? {})) writeFileSync(join(folder, name), text);
    }
    return pod;
  }

  container(name: string): Container {
    const { initContainers = [], containers } = this.#setting.spec;
    const found = [...initContainers, ...containers].find((one) => one.name === name);
    if (found === undefined) throw new Error(`the pod has no container ${name}`);
    return found;
  }

  /** Starts a container, `more` arguments after its own. */
  start(name: string, ...more: string[]): Program {
    const { command, args = [] } = this.container(name);
    return this.#launch(name, [...command, ...args, ...more]);
  }

  /** Another program in the container's place, with the same volumes and variables. */
  startInstead(name: string, command: string[]): Program {
    return this.#launch(name, command);
  }

  /** A command in a container to its end. */
  async exec(name: string, command: string[]): Promise<{ exitCode: number; said: string }> {
    const program = this.#launch(name, command);
    const exitCode = await program.exited;
    return { exitCode, said: program.stdout + program.stderr };
  }

  async probe(name: string, which: 'startupProbe' | 'livenessProbe' | 'readinessProbe'): Promise<boolean> {
    const container = this.container(name);
    const { httpGet, exec } = container[which] ?? {};
    if (exec !== undefined) return (await this.exec(name, exec.command)).exitCode === 0;
    const port = container.ports?.find((one) => one.name === httpGet?.port)?.containerPort;
    try {
      return (await fetch(`http://127.0.0.1:${port}${httpGet?.path}`)).ok;
    } catch {
      return false;
    }
  }

  /** As the kubelet does it: first the start, then the others. */
  async untilReady(name: string): Promise<void> {
    for (const which of ['startupProbe', 'readinessProbe', 'livenessProbe'] as const)
      await eventually(`${which} of ${name}`, () => this.probe(name, which), { timeoutMs: 90_000 });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.map((program) => program.stop('SIGKILL')));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #launch(name: string, [command = '', ...args]: string[]): Program {
    const place = this.#placing(name);
    const variables = this.#variables(name);
    const expand = (text: string) =>
      place(text.replace(/\$\((\w+)\)/g, (whole, key: string) => variables[key] ?? whole));
    const program = startProgram({
      command: expand(this.#setting.programs?.[command] ?? command),
      args: args.map(expand),
      env: {
        ...Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, expand(value)])),
        KUBECONFIG: this.#setting.kubeconfig,
        PATH: `${SCRIPTS}:${process.env['PATH'] ?? ''}`,
        TRUNKLINE_CHILD: '1',
      },
    });
    this.#running.push(program);
    return program;
  }

  #variables(name: string): Record<string, string> {
    const found: Record<string, string> = {};
    for (const { name: key, value, valueFrom } of this.container(name).env ?? []) {
      const path = valueFrom?.fieldRef?.fieldPath ?? '';
      found[key] = value ?? this.#setting.fields[path] ?? '';
      // Variables may name those before them.
      found[key] = found[key].replace(/\$\((\w+)\)/g, (whole, other: string) => found[other] ?? whole);
    }
    return found;
  }

  /** Puts what the image and the volumes have in their places here; and listens on loopback alone. */
  #placing(name: string): (text: string) => string {
    const mounts = this.container(name).volumeMounts ?? [];
    const places = new Map([
      ...mounts.map((mount): [string, string] => [mount.mountPath, join(this.#folder, mount.name)]),
      ['/nodejs/bin/node', process.execPath],
      ['/app', this.#setting.app],
      ['/usr/local/bin', SCRIPTS],
      ['0.0.0.0', '127.0.0.1'],
    ]);
    const any = new RegExp(`(${[...places.keys()].join('|')})(?=[/:]|$)`, 'g');
    return (text) => text.replace(any, (path) => places.get(path) ?? path);
  }
}

const SCRIPTS = join(REPOSITORY, 'deploy/images/rtpengine');
