// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { kubeTool } from './kube-api-server.ts';
import { startProgram } from './program.ts';
import type { CommandResult } from './command.ts';

export const REPOSITORY = join(import.meta.dirname, '..', '..');

/** What the tests look at in an object of Kubernetes. */
export interface KubeManifest {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- every kind has its own
  [field: string]: any;
}

export interface RunOptions {
  /** Text on standard input. */
  input?: string;
  env?: NodeJS.ProcessEnv;
}

/** Runs a program of the Kubernetes tests to its end, in the root of the repository. */
export const runKubeTool = async (
  name: string,
  args: string[],
  { input, env }: RunOptions = {},
): Promise<CommandResult> => {
  const program = startProgram({
    command: kubeTool(name) ?? name,
    args,
    cwd: REPOSITORY,
    ...(env && { env }),
    ...(input !== undefined && { input }),
  });
  const exitCode = await program.exited;
  return { exitCode, stdout: program.stdout, stderr: program.stderr };
};

/** The same; a failure throws with what it said. */
export const kubeToolOutput = async (
  name: string,
  args: string[],
  options: RunOptions = {},
): Promise<string> => {
  const { exitCode, stdout, stderr } = await runKubeTool(name, args, options);
  if (exitCode !== 0) throw new Error(`${name} ${args.join(' ')} ended with ${exitCode}: ${stderr}${stdout}`);
  return stdout;
};

/** What `helm template` makes of a chart. */
export const renderChart = async (
  chart: string,
  args: string[] = [],
  release = 'trunkline',
): Promise<KubeManifest[]> =>
  manifestsIn(
    await kubeToolOutput('helm', ['template', release, chart, '--namespace', 'trunkline-system', ...args]),
  );

/** All objects of a YAML text; empty documents are none. */
export const manifestsIn = (text: string): KubeManifest[] =>
  parseAllDocuments(text).flatMap((document) => {
    const [error] = document.errors;
    if (error) throw error;
    const value = document.toJS() as KubeManifest | null;
    return value === null ? [] : [value];
  });
