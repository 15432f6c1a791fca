// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireKubeTools } from '../src/kube-api-server.ts';
import { kubeToolOutput, REPOSITORY, type KubeManifest } from '../src/kube-commands.ts';
import { runTrunkline } from '../src/index.ts';
import { textOf } from './charts.fixture.ts';
import {
  applicationFor,
  GITOPS,
  read,
  regionFolders,
  render,
  type Application,
  type ApplicationSet,
  type Region,
  type Source,
} from './gitops.fixture.ts';

const CHART = 'charts/trunkline-edge';
const set = read('applicationset.yaml') as ApplicationSet;
const folders = regionFolders();
/** kubernetes-kstatus.test.ts shows that with it nothing differs once it is applied. */
const SERVER_SIDE_DIFF = { 'argocd.argoproj.io/compare-options': 'ServerSideDiff=true' };
const { steps } = set.spec.strategy.rollingSync;

jest.setTimeout(120_000);

it('docs/gitops.md names files that are there', () => {
  const page = readFileSync(join(REPOSITORY, 'docs/gitops.md'), 'utf8');
  const named = [...page.matchAll(/\b(?:gitops|charts)\/[\w./-]*[\w]/g)].map(([path]) => path);
  expect(named.length).toBeGreaterThan(5);
  expect([...new Set(named)].filter((path) => !existsSync(join(REPOSITORY, path)))).toEqual([]);
});

describe('the waves of the ApplicationSet', () => {
  const regions = folders.map((folder) => read(`${folder}/region.yaml`) as Region);

  it('are of one label, each region in exactly one, and none empty', () => {
    const waves = steps.map(({ matchExpressions }) => {
      const [expression, ...more] = matchExpressions;
      expect(more).toEqual([]);
      expect(expression).toMatchObject({ key: 'trunkline.dev/wave', operator: 'In' });
      return regions.filter(({ wave }) => expression?.values.includes(wave)).map(({ edge }) => edge);
    });
    expect(waves.flat().sort()).toEqual(regions.map(({ edge }) => edge).sort());
    expect(waves.map(({ length }) => length)).not.toContain(0);
    // The first is where a release is tried out.
    expect(waves[0]).toHaveLength(1);
  });

  it('are of what the template reads, and of nothing else', () => {
    const [{ git }] = set.spec.generators as [ApplicationSet['spec']['generators'][0]];
    expect(git.files).toEqual([{ path: 'regions/*/region.yaml' }]);
    expect(set.spec).toMatchObject({ goTemplate: true, strategy: { type: 'RollingSync' } });
    for (const folder of folders) {
      const region = read(`${folder}/region.yaml`) as Region;
      expect(Object.keys(region)).toEqual(['edge', 'region', 'wave', 'cluster']);
      expect(`regions/${region.edge}`).toBe(folder);
    }
  });
});

interface Endpoint {
  dnsName: string;
  recordTTL: number;
  recordType: string;
  targets: string[];
}

/** Records of DNSEndpoints as lines of a zone file. */
const recordsOf = (objects: KubeManifest[]): string[] =>
  objects
    .flatMap(({ spec }) => (spec as { endpoints: Endpoint[] }).endpoints)
    .flatMap(({ dnsName, recordTTL, recordType, targets }) =>
      targets.map((target) => `${dnsName}. ${recordTTL} IN ${recordType} ${target}`),
    );

const suite = requireKubeTools('helm') ? describe : describe.skip;

suite('what Argo CD makes of gitops/', () => {
  const applications = new Map<string, Application>();
  const rendered = new Map<string, KubeManifest[]>();
  beforeAll(async () => {
    for (const folder of folders) {
      const application = await applicationFor(set, folder);
      applications.set(folder, application);
      rendered.set(folder, await render(application, CHART));
    }
  });
  const ofKind = (folder: string, kind: string) =>
    rendered.get(folder)?.filter((manifest) => manifest.kind === kind) ?? [];

  const releaseOf = (folder: string) => applications.get(folder)?.spec.sources[0]?.targetRevision;

  it.each(folders)('%s: an Application with all that it needs', (folder) => {
    const region = read(`${folder}/region.yaml`) as Region;
    const application = applications.get(folder);
    expect(JSON.stringify(application)).not.toMatch(/""|<no value>|\{\{/);
    expect(application).toMatchObject({
      metadata: {
        name: `trunkline-edge-${region.edge}`,
        labels: {
          'trunkline.dev/edge': region.edge,
          'trunkline.dev/region': region.region,
          'trunkline.dev/wave': region.wave,
        },
      },
      spec: { destination: { name: region.cluster, namespace: 'trunkline-edge' } },
    });
    expect(application?.metadata.annotations).toEqual(SERVER_SIDE_DIFF);
    // RollingSync switches it off, with a warning each time.
    expect(application?.spec.syncPolicy).not.toHaveProperty('automated');
    const [chart, values] = application?.spec.sources ?? [];
    expect(existsSync(join(REPOSITORY, chart?.path ?? '', 'Chart.yaml'))).toBe(true);
    expect(values).toMatchObject({ ref: 'values', repoURL: set.spec.generators[0]?.git.repoURL });
    expect(chart?.helm?.valueFiles).toEqual(['$values/regions/values.yaml', `$values/${folder}/values.yaml`]);
  });

  it.each(folders)('%s: the chart makes the Edge, its pods in the region, and its names', (folder) => {
    const { edge, region } = read(`${folder}/region.yaml`) as Region;
    expect(ofKind(folder, 'Edge').map(({ metadata }) => metadata.name)).toEqual([edge]);
    const workloads = [...ofKind(folder, 'Deployment'), ...ofKind(folder, 'DaemonSet')];
    expect(workloads).toHaveLength(2);
    for (const { spec } of workloads) {
      const { nodeSelector } = spec.template.spec;
      expect(nodeSelector).toEqual({
        'trunkline.dev/pool': 'voice',
        'topology.kubernetes.io/region': region,
      });
    }
    const names = recordsOf(ofKind(folder, 'DNSEndpoint')).map((line) => line.split(' ')[0]);
    expect(names).toContain(`*.pstn.${edge}.example.com.`);
  });

  it('makes nothing that is another thing each time: Argo CD would never be done', async () => {
    for (const folder of folders) {
      expect(ofKind(folder, 'Secret')).toEqual([]);
      const application = applications.get(folder) as Application;
      expect(await render(application, CHART)).toEqual(rendered.get(folder));
    }
  });

  it('has the proxies read where the operator writes', () => {
    const operator = (read('operator.yaml') as Application).spec.destination.namespace;
    for (const folder of folders) {
      const proxies = ofKind(folder, 'Role').filter(({ metadata }) => metadata.name.endsWith('-proxy'));
      expect(proxies.map(({ metadata }) => metadata.namespace)).toEqual([operator]);
    }
  });

  it('makes nothing twice: all regions are in one namespace', () => {
    const all = folders.flatMap((folder) => rendered.get(folder) ?? []);
    const keys = all.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''} ${metadata.name}`);
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });

  it('has in dns/ the names that mean any edge, of all these Edges', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tl-edges-'));
    try {
      const edges = folders.flatMap((each) => ofKind(each, 'Edge'));
      writeFileSync(join(folder, 'edges.yaml'), textOf(...edges));
      const { stdout, stderr } = await runTrunkline(['dns', '-f', folder, '--external-dns']);
      expect(stderr).toBe('');
      expect(readFileSync(join(GITOPS, 'dns', 'common-names.yaml'), 'utf8')).toBe(stdout);
      const { stdout: zone } = await runTrunkline(['dns', '-f', folder]);
      const own = recordsOf(folders.flatMap((one) => ofKind(one, 'DNSEndpoint')));
      expect(zone.split('\n')).toEqual(expect.arrayContaining(own));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('installs the operator with values that its chart takes', async () => {
    const { metadata, spec } = read('operator.yaml') as Application;
    const { sources } = spec;
    expect(metadata.annotations).toEqual(SERVER_SIDE_DIFF);
    const [chart, dns] = sources as [Source, Source];
    expect(chart.targetRevision).toBe(releaseOf(folders[0] ?? ''));
    expect(existsSync(join(GITOPS, dns.path ?? '', 'common-names.yaml'))).toBe(true);
    const values = Object.entries(chart.helm?.valuesObject ?? {});
    const settings = values.flatMap(([name, value]) => ['--set-json', `${name}=${JSON.stringify(value)}`]);
    const text = await kubeToolOutput('helm', ['template', 'trunkline', chart.path ?? '', ...settings]);
    expect(text).toContain('kind: CustomResourceDefinition');
  });
});
