// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { kubeToolOutput, manifestsIn, REPOSITORY, type KubeManifest } from '../src/kube-commands.ts';

export const GITOPS = join(REPOSITORY, 'gitops');
export const read = (path: string): unknown => parse(readFileSync(join(GITOPS, path), 'utf8'));

export interface Region {
  edge: string;
  region: string;
  wave: string;
  cluster: string;
}

export interface Source {
  repoURL: string;
  targetRevision: string;
  path?: string;
  ref?: string;
  helm?: { releaseName: string; valueFiles?: string[]; valuesObject?: object };
}

export interface Application {
  metadata: { name: string; labels: Record<string, string>; annotations?: Record<string, string> };
  spec: {
    sources: Source[];
    destination: { name: string; namespace: string };
    syncPolicy: { automated?: object };
  };
}

export interface ApplicationSet {
  spec: {
    goTemplate: boolean;
    generators: { git: { repoURL: string; files: { path: string }[] } }[];
    strategy: {
      type: string;
      rollingSync: { steps: { matchExpressions: { key: string; operator: string; values: string[] }[] }[] };
    };
    template: object;
  };
}

export const regionFolders = (): string[] =>
  readdirSync(join(GITOPS, 'regions'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `regions/${name}`);

/** The folder is what Argo CD's git generator adds to a file's content. */
const parametersOf = (folder: string): object => ({
  ...(read(`${folder}/region.yaml`) as Region),
  path: { path: folder, basename: folder.split('/').at(-1) },
});

/** What the ApplicationSet makes of a folder: its template is one of Go, and Helm executes those with the same functions. */
export const applicationFor = async ({ spec }: ApplicationSet, folder: string): Promise<Application> => {
  const chart = mkdtempSync(join(tmpdir(), 'tl-appset-'));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(chart, path)), { recursive: true });
    writeFileSync(join(chart, path), text);
  };
  try {
    write('Chart.yaml', 'apiVersion: v2\nname: application\nversion: 0.0.0\n');
    write('values.yaml', JSON.stringify(parametersOf(folder)));
    write('templates/application.yaml', `{{- with .Values }}${JSON.stringify(spec.template)}{{- end }}\n`);
    const [application] = manifestsIn(await kubeToolOutput('helm', ['template', 'x', chart]));
    return application as unknown as Application;
  } finally {
    rmSync(chart, { recursive: true, force: true });
  }
};

/** What Argo CD applies for the Application: the chart with the value files, later ones above earlier ones. */
export const render = ({ spec }: Application, chart: string): Promise<KubeManifest[]> => {
  const helm = spec.sources.find(({ path }) => path === chart)?.helm;
  const files = (helm?.valueFiles ?? []).flatMap((file) => ['--values', file.replace('$values', GITOPS)]);
  return kubeToolOutput('helm', [
    ...['template', helm?.releaseName ?? '', chart, '--namespace', spec.destination.namespace],
    ...['--kube-version', '1.30.0', '--skip-tests', ...files],
  ]).then(manifestsIn);
};
