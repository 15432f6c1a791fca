// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { requireKubeTools } from '../src/kube-api-server.ts';
import { renderChart, REPOSITORY, runKubeTool, type KubeManifest } from '../src/kube-commands.ts';

const CHARTS = ['charts/trunkline', 'charts/trunkline-edge'];
const MINIMAL = ['--values', 'charts/trunkline/ci/minimal-values.yaml'];
const valueFiles = CHARTS.flatMap((chart) =>
  readdirSync(join(REPOSITORY, chart, 'ci')).map((file): [string, string] => [chart, `${chart}/ci/${file}`]),
);

jest.setTimeout(60_000);

const suite = requireKubeTools('helm') ? describe : describe.skip;

interface Container {
  name: string;
  image: string;
  restartPolicy?: string;
  securityContext: Record<string, unknown>;
  resources: { requests?: Record<string, string>; limits?: Record<string, string> };
  startupProbe?: unknown;
  livenessProbe?: unknown;
  readinessProbe?: unknown;
  lifecycle?: { preStop?: unknown };
  env?: { name: string; value?: string }[];
  args?: string[];
}

interface Pod {
  name: string;
  kind: string;
  spec: Record<string, unknown> & {
    initContainers?: Container[];
    containers: Container[];
    securityContext: object;
    terminationGracePeriodSeconds?: number;
    volumes?: Record<string, unknown>[];
  };
}

const podsIn = (objects: KubeManifest[]): Pod[] =>
  objects.flatMap(({ kind, metadata, spec }) => {
    if (kind === 'Pod') return [{ name: metadata.name, kind, spec }];
    return ['Deployment', 'DaemonSet', 'StatefulSet', 'Job'].includes(kind)
      ? [{ name: metadata.name, kind, spec: spec.template.spec }]
      : [];
  });

suite('helm lint and values', () => {
  it.each(valueFiles)('%s is sound with %s', async (chart, values) => {
    const { exitCode, stdout } = await runKubeTool('helm', ['lint', '--strict', chart, '--values', values]);
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
  });

  it.each<[says: RegExp, chart: string, settings: string[]]>([
    [/baseDomain/, 'charts/trunkline', []],
    [/operater/, 'charts/trunkline', ['--set', 'baseDomain=example.com', '--set', 'operater.replicas=1']],
    [/tag/, 'charts/trunkline', ['--set', 'baseDomain=example.com', '--set', 'image.tag=latest']],
    [/replicas/, 'charts/trunkline', ['--set', 'baseDomain=example.com', '--set', 'operator.replicas=0']],
    [/name/, 'charts/trunkline-edge', []],
    [/edge\/name/, 'charts/trunkline-edge', ['--set', 'edge.name=pstn']],
    [/drainSeconds/, 'charts/trunkline-edge', ['--set', 'edge.name=a', '--set', 'sip.drainSeconds=90000']],
    [/value/, 'charts/trunkline-edge', ['--set', 'edge.name=a', '--set', 'externalAddress.from=value']],
    [/secretName/, 'charts/trunkline-edge', ['--set', 'edge.name=a', '--set', 'sip.tls.enabled=true']],
    [
      /media\.ports\.max must be above/,
      'charts/trunkline-edge',
      ['--set', 'edge.name=a', '--set', 'media.ports.max=2000'],
    ],
    [
      /media\.nodes is empty/,
      'charts/trunkline-edge',
      ['--set', 'edge.name=a', '--set', 'media.enabled=false'],
    ],
    [/Kubernetes|kubeVersion/, 'charts/trunkline', [...MINIMAL, '--kube-version', '1.28.0']],
  ])('refuses, and names it: %s', async (says, chart, settings) => {
    const { exitCode, stderr } = await runKubeTool('helm', ['template', 'x', chart, ...settings]);
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(says);
  });
});

suite('the documentation', () => {
  const page = readFileSync(join(REPOSITORY, 'docs/operations/install.md'), 'utf8');

  it('has values for an edge that are sound', async () => {
    const [block = ''] = /(?:^ {7}.*\n)+/m.exec(page.slice(page.indexOf('`ashburn.yaml`'))) ?? [];
    const values = parse(block) as { sip: { drainSeconds: number } };
    expect(values.sip.drainSeconds).toBe(3_600);
    const { exitCode, stdout } = await runKubeTool(
      'helm',
      ['lint', '--strict', 'charts/trunkline-edge', '--values', '-'],
      { input: block },
    );
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
  });

  it('names values, objects and labels that there are', async () => {
    const all = CHARTS.map((chart) => readFileSync(join(REPOSITORY, chart, 'values.yaml'), 'utf8'));
    const known = all.map((text) => parse(text) as Record<string, unknown>);
    const groups = new Set(known.flatMap((values) => Object.keys(values)));
    const named = [...page.matchAll(/`([a-z]\w+(?:\.\w+)+)(?::[^`]*)?`/g)]
      .map(([, path = '']) => path)
      .filter((path) => groups.has(path.split('.')[0] ?? '') && !path.endsWith('.yaml'));
    expect(named.length).toBeGreaterThan(20);
    const holds = (values: unknown, path: string) =>
      path
        .split('.')
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], values) !==
      undefined;
    expect(named.filter((path) => !known.some((values) => holds(values, path)))).toEqual([]);

    const edge = await renderChart('charts/trunkline-edge', ['--set', 'edge.name=ashburn'], 'ashburn');
    const operator = await renderChart('charts/trunkline', MINIMAL);
    const objects = [...edge, ...operator].map(({ kind, metadata }) =>
      `${kind} ${metadata.name}`.toLowerCase(),
    );
    const deployments = [...page.matchAll(/deployment\/([\w-]+)/g)].map(([, name]) => `deployment ${name}`);
    expect(deployments.filter((name) => !objects.includes(name))).toEqual([]);
    expect(objects).toContain('clusterrole trunkline-provider');
  });
});

suite.each(valueFiles)('pods of %s with %s', (chart, values) => {
  let objects: KubeManifest[] = [];
  let pods: Pod[] = [];
  let containers: { pod: Pod; container: Container; runsOn: boolean }[] = [];
  beforeAll(async () => {
    objects = await renderChart(chart, ['--values', values]);
    pods = podsIn(objects);
    containers = pods.flatMap((pod) => [
      ...(pod.spec.initContainers ?? []).map((container) => ({
        ...{ pod, container },
        runsOn: container.restartPolicy === 'Always',
      })),
      ...pod.spec.containers.map((container) => ({ pod, container, runsOn: pod.kind !== 'Pod' })),
    ]);
  });

  /** Names of the containers of which it is not so. */
  const except = (holds: (container: Container, pod: Pod) => boolean, some = containers) =>
    some.filter(({ container, pod }) => !holds(container, pod)).map(({ container }) => container.name);

  it('are there', () => {
    expect(containers.length).toBeGreaterThan(0);
  });

  it('run as nobody, with a read-only root, no capability and the default seccomp profile', () => {
    for (const { spec } of pods) {
      expect(spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
    }
    expect(
      except(
        ({ securityContext }) =>
          securityContext.allowPrivilegeEscalation === false &&
          securityContext.readOnlyRootFilesystem === true &&
          securityContext.privileged !== true &&
          JSON.stringify(securityContext.capabilities) === '{"drop":["ALL"]}',
      ),
    ).toEqual([]);
  });

  it('say what they need: CPU, memory, and how much memory at most', () => {
    expect(
      except(
        ({ resources: { requests, limits } }) =>
          requests?.cpu !== undefined && requests.memory !== undefined && limits?.memory !== undefined,
      ),
    ).toEqual([]);
  });

  it('name each image by a version or digest', () => {
    expect(except(({ image }) => /(:(?!latest$)[\w][\w.-]+|@sha256:[0-9a-f]{64})$/.test(image))).toEqual([]);
  });

  it('are probed: start, life, readiness', () => {
    const running = containers.filter(({ runsOn }) => runsOn);
    expect(
      except(
        ({ startupProbe, livenessProbe, readinessProbe }) =>
          startupProbe !== undefined && livenessProbe !== undefined && readinessProbe !== undefined,
        running,
      ),
    ).toEqual([]);
  });

  it('drain before they go, and have the time for it', () => {
    const draining = containers.filter(({ container }) =>
      ['sip-proxy', 'rtpengine'].includes(container.name),
    );
    expect(except(({ lifecycle }) => lifecycle?.preStop !== undefined, draining)).toEqual([]);
    for (const { pod, container } of draining) {
      const told = /--seconds=(\d+)|DRAIN_SECONDS","value":"(\d+)"/.exec(JSON.stringify(container));
      const seconds = Number(told?.[1] ?? told?.[2]);
      expect(pod.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(seconds + 10);
      expect(pod.spec.terminationGracePeriodSeconds).toBeLessThanOrEqual(86_400 + 60);
    }
    // What drops all calls on SIGTERM is ended by the kubelet after the proxy: it must be a sidecar.
    const engines = containers.filter(({ container }) => container.name === 'drachtio');
    expect(except(({ restartPolicy }) => restartPolicy === 'Always', engines)).toEqual([]);
  });

  it('get no API token that they do not need, and no secret in their environment or arguments', () => {
    for (const { name, spec } of pods) {
      expect({ name, token: spec.automountServiceAccountToken }).toEqual({
        name,
        token: name.endsWith('-operator'),
      });
    }
    expect(except(({ args = [] }) => !/secret=|password/i.test(args.join(' ')))).toEqual([]);
  });

  it('have a disruption budget where there is more than one, and are spread', () => {
    const several = objects.filter(({ kind, spec }) => kind === 'Deployment' && spec.replicas > 1);
    for (const { metadata, spec } of several) {
      if (values.includes('sip-only')) continue;
      const labels = spec.template.metadata.labels as Record<string, string>;
      const budget = objects.find(
        (object) =>
          object.kind === 'PodDisruptionBudget' &&
          Object.entries(object.spec.selector.matchLabels as Record<string, string>).every(
            ([key, value]) => labels[key] === value,
          ),
      );
      expect({ name: metadata.name, budget: budget?.kind }).toMatchObject({ budget: 'PodDisruptionBudget' });
      expect(spec.template.spec.topologySpreadConstraints.length).toBeGreaterThan(0);
    }
  });

  it('keep administration on loopback', () => {
    const text = JSON.stringify(pods);
    expect(text).not.toMatch(/0\.0\.0\.0:(9022|9900|16379)/);
    for (const { container } of containers.filter((one) => one.container.name === 'rtpengine'))
      expect(container.env).toContainEqual({ name: 'CLI_ADDRESS', value: '127.0.0.1:9900' });
    for (const { container } of containers.filter((one) => one.container.name === 'redis'))
      expect(container.args?.join(' ')).toContain('--bind 127.0.0.1');
  });

  it('are selected by what no upgrade changes', () => {
    const selectors = objects
      .filter(({ kind }) => ['Deployment', 'DaemonSet'].includes(kind))
      .map(({ spec }) => Object.keys(spec.selector.matchLabels as object).sort());
    const stable = ['component', 'instance', 'name'].map((label) => `app.kubernetes.io/${label}`);
    for (const selector of selectors) expect(selector).toEqual(stable);
  });

  it('carry the recommended labels, as every object does', () => {
    const bare = objects.filter(
      ({ metadata }) =>
        !['name', 'instance', 'version', 'managed-by', 'part-of'].every(
          (label) => metadata.labels?.[`app.kubernetes.io/${label}`] !== undefined,
        ),
    );
    expect(bare.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([]);
  });
});

suite('resource definitions', () => {
  it.each([
    ['come with the chart, and stay without it', [], 11, 'keep'],
    ['go with the chart where that is wanted', ['--set', 'crds.keep=false'], 11, undefined],
    ['are somebody else’s', ['--set', 'crds.enabled=false'], 0, undefined],
  ])('%s', async (_, settings, count, policy) => {
    const objects = await renderChart('charts/trunkline', [...MINIMAL, ...settings]);
    const definitions = objects.filter(({ kind }) => kind === 'CustomResourceDefinition');
    expect(definitions).toHaveLength(count);
    for (const { metadata } of definitions)
      expect(metadata.annotations?.['helm.sh/resource-policy']).toBe(policy);
  });
});

suite('rights', () => {
  it.each([
    ['view', ['admin', 'edit', 'view'], /^(get|list|watch)$/],
    ['edit', ['admin', 'edit'], /^(create|update|patch|delete|deletecollection)$/],
    ['provider', [], /./],
  ])('of people: trunkline-%s goes into %j', async (name, into, verbs) => {
    const objects = await renderChart('charts/trunkline', MINIMAL);
    const role = objects.find(({ metadata }) => metadata.name === `trunkline-${name}`);
    const labels = Object.keys(role?.metadata.labels ?? {}).filter((label) =>
      label.includes('/aggregate-to-'),
    );
    expect(labels.map((label) => label.split('/aggregate-to-')[1]).sort()).toEqual(into);
    const rules = role?.rules as { verbs: string[]; resources: string[] }[];
    expect(rules.flatMap((rule) => rule.verbs).filter((verb) => !verbs.test(verb))).toEqual([]);
    // What is an administrator's own is in none of the tenants' roles, nor is any status.
    const all = rules.flatMap(({ resources }) => resources);
    if (into.length > 0)
      expect(all.filter((one) => /\/status|accounts|carriers|edges|pools|decks/.test(one))).toEqual([]);
  });

  it.each(valueFiles)('of %s with %s name verbs and resources, never all of them', async (chart, values) => {
    const roles = (await renderChart(chart, ['--values', values])).filter(({ kind }) => /Role$/.test(kind));
    const rules = roles.flatMap((role) =>
      (role.rules as { verbs: string[]; resources: string[]; apiGroups: string[] }[]).map((rule) => ({
        role: role.metadata.name,
        ...rule,
      })),
    );
    expect(rules.length).toBeGreaterThan(0);
    expect(
      rules.filter((rule) => [...rule.verbs, ...rule.resources, ...rule.apiGroups].includes('*')),
    ).toEqual([]);
    expect(rules.filter(({ verbs }) => verbs.some((verb) => /escalate|bind|impersonate/.test(verb)))).toEqual(
      [],
    );
    const secretWriters = rules.filter(
      ({ resources, verbs }) => resources.includes('secrets') && verbs.includes('create'),
    );
    expect(secretWriters.map(({ role }) => role)).toEqual(
      chart === 'charts/trunkline' ? [expect.stringMatching(/-operator$/)] : [],
    );
  });
});

describe('images', () => {
  const folder = join(REPOSITORY, 'deploy/images');
  const images = readdirSync(folder).map((name): [string, string[]] => [
    name,
    readFileSync(join(folder, name, 'Dockerfile'), 'utf8').split('\n'),
  ]);
  const after = (lines: string[], word: string) =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));

  it.each(images)('%s is of a named base, and runs as nobody', (_, lines) => {
    const bases = after(lines, 'ARG').filter((arg) => arg.includes(':'));
    expect(bases.length).toBeGreaterThan(0);
    for (const base of bases) expect(base).toMatch(/=[\w./-]+:(?!latest)[\w.-]+$/);
    for (const from of after(lines, 'FROM')) expect(from).toMatch(/^\$\{[A-Z]+\}( AS \w+)?$/);
    expect(after(lines, 'USER').at(-1)).toBe('65532:65532');
  });

  it.each(CHARTS)('are of the version that %s asks for', (chart) => {
    const read = (file: string) => readFileSync(join(REPOSITORY, file), 'utf8');
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(parse(read(`${chart}/Chart.yaml`))).toMatchObject({ version, appVersion: version });
  });

  it('installs the packages of every workspace', () => {
    const { workspaces } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
      workspaces: string[];
    };
    const [, lines = []] = images.find(([name]) => name === 'trunkline') ?? [];
    const copied = after(lines, 'COPY').filter((line) => line.includes('/package.json'));
    expect(copied).toEqual(workspaces.sort().map((room) => `${room}/package.json ${room}/`));
  });
});

describe('alerts and dashboards', () => {
  const files = join(REPOSITORY, 'charts/trunkline/files');
  const groups = parse(readFileSync(join(files, 'alerts.yaml'), 'utf8')) as {
    rules: { alert: string; expr: string }[];
  }[];
  const alerts = groups.flatMap(({ rules }) => rules);
  const boards = readdirSync(join(files, 'dashboards')).map(
    (file) =>
      JSON.parse(readFileSync(join(files, 'dashboards', file), 'utf8')) as {
        uid: string;
        panels: { title: string; targets: { expr: string }[] }[];
      },
  );
  const expressions = [
    ...alerts.map(({ expr }) => expr),
    ...boards.flatMap(({ panels }) => panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))),
  ];
  const sources = ['operator', 'kube', 'sip-proxy', 'media-relay', 'deploy']
    .flatMap((room) =>
      readdirSync(join(REPOSITORY, room, 'src'), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
        .map((file) => readFileSync(join(REPOSITORY, room, 'src', file), 'utf8')),
    )
    .join('\n');

  it('ask for metrics that some program has', () => {
    const asked = new Set(
      expressions.flatMap(
        (expr) =>
          expr.match(
            /\b(?:trunkline|controller_runtime|workqueue|rest_client|reflector|leader_election)_\w+/g,
          ) ?? [],
      ),
    );
    expect(asked.size).toBeGreaterThan(15);
    // The names of two groups are put together from a stem.
    const known = (name: string) => {
      const base = name.replace(/_bucket$/, '');
      return [base, base.replace(/^controller_runtime_/, '')].some((one) => sources.includes(`'${one}'`));
    };
    expect([...asked].filter((name) => !known(name))).toEqual([]);
  });

  it('are all explained: what each alert means, and what to do', () => {
    const page = readFileSync(join(REPOSITORY, 'docs/operations/alerts.md'), 'utf8');
    for (const { alert } of alerts) expect(page).toContain(`## ${alert}\n`);
  });

  it('ask each panel of its dashboards something', () => {
    for (const { panels } of boards)
      for (const { title, targets } of panels)
        expect({ title, asked: targets.length > 0 }).toEqual({ title, asked: true });
    expect(new Set(boards.map(({ uid }) => uid)).size).toBe(boards.length);
  });
});
