// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { startKubeApiServer, requireKubeTools, type KubeApiServer } from '../src/kube-api-server.ts';
import { resource } from '../src/index.ts';
import { kubeToolOutput, renderChart, runKubeTool } from '../src/kube-commands.ts';
import { FOREIGN_KINDS, previousRelease, runsRestricted, textOf, TOKENS, write } from './charts.fixture.ts';

const CHART = 'charts/trunkline';
const SYSTEM = 'trunkline-system';
const SETTINGS = ['--namespace', SYSTEM, '--set', 'baseDomain=example.com'];

// Every step starts a program, on a machine that may be busy.
jest.setTimeout(120_000);

const suite = requireKubeTools('kube-apiserver', 'etcd', 'kubectl', 'helm') ? describe : describe.skip;

suite('charts/trunkline on a real API server', () => {
  let api: KubeApiServer;
  const kubeconfigs = new Map<string, string>();
  const as = (user: string) => ({ env: { KUBECONFIG: kubeconfigs.get(user) ?? '' } });
  const helm = (...args: string[]) => kubeToolOutput('helm', args, as('admin'));
  const kubectl = (...args: string[]) => kubeToolOutput('kubectl', args, as('admin'));
  const apply = (user: string, manifest: object, ...args: string[]) =>
    runKubeTool('kubectl', ['apply', '--server-side', ...args, '-f', '-'], {
      ...as(user),
      input: textOf(manifest),
    });
  let before: Record<string, string> = {};
  /** What an upgrade changes, and what it must not. */
  const facts = async () => {
    const text = (...args: string[]) => kubectl('get', ...args);
    const operator = ['deployment', 'trunkline-operator', '--namespace', SYSTEM];
    return {
      uid: await text('trunk', 'acme', '--namespace=acme', '-o', 'jsonpath={.metadata.uid}'),
      deployment: await text(...operator, '-o', 'jsonpath={.metadata.uid}'),
      image: await text(...operator, '-o', 'jsonpath={.spec.template.spec.containers[0].image}'),
      replicas: await text(...operator, '-o', 'jsonpath={.spec.replicas}'),
      cnam: await text('trunk', 'acme', '--namespace=acme', '-o', 'jsonpath={.spec.cnamLookup}'),
      roles: (await names('roles', 'default')).join(' '),
      policies: String((await names('validatingadmissionpolicies')).length),
    };
  };
  const names = async (kind: string, namespace = SYSTEM) =>
    (await kubectl('get', kind, '--namespace', namespace, '-o', 'name'))
      .split('\n')
      .filter((name) => name.includes('trunkline'));

  beforeAll(async () => {
    api = await startKubeApiServer({ users: Object.values(TOKENS) });
    kubeconfigs.set('admin', api.kubeconfig);
    for (const [user, token] of Object.entries(TOKENS))
      kubeconfigs.set(user, write(user, api.kubeconfigFor(token)));
    // All below is after an upgrade: from a release with fewer fields, fewer objects and other values.
    const previous = await previousRelease(CHART, {
      'templates/crds/trunks.trunkline.dev.yaml': (text) =>
        text.replace(/^( +)cnamLookup:\n(?:\1 +.*\n)+/m, ''),
    });
    await helm(
      ...['install', 'trunkline', previous, '--create-namespace', ...SETTINGS],
      ...['--set', 'operator.replicas=1', '--set', 'operator.watchNamespaces={default}'],
      ...['--set', 'admission.enabled=false', '--set', 'networkPolicy.enabled=false'],
    );
    for (const namespace of ['acme', 'globex']) await kubectl('create', 'namespace', namespace);
    await kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s');
    await apply('admin', trunk);
    before = await facts();
    await helm('upgrade', 'trunkline', CHART, ...SETTINGS, '--reset-values');
    // Nobody aggregates roles here: the tenant gets the two that would be in `edit`.
    for (const role of ['view', 'edit']) {
      await kubectl(
        ...['create', 'rolebinding', role, '--namespace=acme'],
        ...[`--clusterrole=trunkline-${role}`, `--user=${TOKENS.tenant.name}`],
      );
    }
    await kubectl(
      ...['create', 'clusterrolebinding', 'provider'],
      ...['--clusterrole=trunkline-provider', `--user=${TOKENS.provider.name}`],
    );
    // Somebody meant well: all kinds and statuses, in all namespaces.
    await kubectl(
      ...['create', 'clusterrole', 'too-much', '--verb=get,list,create,update,patch,delete'],
      ...['--resource=*.trunkline.dev,*.trunkline.dev/status'],
    );
    await kubectl(
      ...[
        'create',
        'clusterrolebinding',
        'too-much',
        '--clusterrole=too-much',
        `--user=${TOKENS.careless.name}`,
      ],
    );
  }, 240_000);
  afterAll(async () => {
    await api.stop();
  }, 30_000);

  const trunk = resource('Trunk', 'acme', { termination: { domainName: 'acme' } }, 'acme');

  describe('every object of every example of values', () => {
    beforeAll(async () => {
      for (const kind of FOREIGN_KINDS) await apply('admin', kind);
      await kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s');
    }, 60_000);

    it.each(readdirSync(`${CHART}/ci`))(
      'is what the API server takes: %s',
      async (values) => {
        const objects = await renderChart(CHART, ['--values', `${CHART}/ci/${values}`], 'dry');
        const ours = objects.filter(({ kind }) => kind !== 'CustomResourceDefinition');
        const { exitCode, stderr } = await runKubeTool(
          'kubectl',
          ['apply', '--server-side', '--dry-run=server', '--validate=strict', '-f', '-'],
          { ...as('admin'), input: textOf(...ours) },
        );
        expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      },
      60_000,
    );
  });

  it('has upgraded the release before: its trunk is the same, and has what is new', async () => {
    expect(before).toMatchObject({ replicas: '1', cnam: '', policies: '0' });
    expect(before.image).toMatch(/:0\.0\.9$/);
    expect(before.roles).toContain('trunkline-operator-tenant');
    expect(await facts()).toEqual({
      ...before,
      ...{ image: expect.not.stringContaining('0.0.9'), replicas: '2', roles: '', policies: '4' },
      // A field that the definition did not have, with its default.
      cnam: 'false',
    });
  });

  it('makes every CRD of the repository, complete', async () => {
    const made = await names('customresourcedefinitions');
    const generated = readdirSync('crds/yaml').map((file) => file.replace(/\.yaml$/, ''));
    expect(made.map((name) => name.split('/')[1]).sort()).toEqual(generated.sort());
    const conditions = await kubectl('get', 'crd', '-o', 'jsonpath={.items[*].status.conditions[*].type}');
    expect(conditions).toContain('Established');
    expect(conditions).not.toContain('NonStructuralSchema');
  });

  it('explains every field of a trunk', async () => {
    const text = await kubectl('explain', 'trunk.spec', '--recursive');
    for (const field of ['termination', 'domainName', 'credentialLists', 'maxCallDuration', 'finalCodes'])
      expect(text).toContain(field);
    const described = await kubectl('explain', 'trunk.spec');
    const fields = [...described.matchAll(/^ {2}(\w+)\t/gm)].map(([, field]) => field);
    expect(fields).toContain('termination');
    // Each with words of its own.
    expect(described).not.toContain('<no description>');
    expect(described).toContain('Calls from the PBX to the telephone network');
  });

  const SAMPLES: Record<string, object> = {
    trunks: trunk,
    phonenumbers: resource('PhoneNumber', 'main', { number: '+15550100' }, 'acme'),
    originationuris: resource(
      'OriginationUri',
      'pbx1',
      { trunkRef: { name: 'acme' }, sipUri: 'sip:pbx1.acme.example' },
      'acme',
    ),
    outgoingcallerids: resource('OutgoingCallerId', 'reception', { number: '+442079460124' }, 'acme'),
    ipaccesscontrollists: resource('IpAccessControlList', 'office', { addresses: [] }, 'acme'),
    credentiallists: resource('CredentialList', 'pbx', { credentials: [] }, 'acme'),
    accounts: resource('Account', 'acme', { namespace: 'acme', type: 'trial' }),
    carriers: resource('Carrier', 'pstn', { prefixes: ['+'], gateways: [{ host: '192.0.2.10' }] }),
    numberpools: resource('NumberPool', 'us', {
      ...{ carrierRef: { name: 'pstn' }, country: 'US', numbers: ['+15550101'] },
    }),
    ratedecks: resource('RateDeck', 'standard', {
      ...{ currency: 'USD', rates: [{ prefix: '+1', direction: 'termination', perMinute: '0.01' }] },
    }),
    edges: resource('Edge', 'ashburn', { signalling: { addresses: ['198.51.100.4'] } }),
  };

  it.each([
    ['trunks', 'DOMAIN NUMBERS'],
    ['phonenumbers', 'NUMBER TRUNK'],
    ['originationuris', 'TRUNK URI'],
    ['outgoingcallerids', 'NUMBER VERIFIED'],
    ['ipaccesscontrollists', 'ADDRESSES TRUNKS'],
    ['credentiallists', 'CREDENTIALS TRUNKS'],
    ['accounts', 'NAMESPACE TYPE'],
    ['carriers', 'PREFIXES GATEWAYS'],
    ['numberpools', 'SIZE CLAIMED'],
    ['ratedecks', 'CURRENCY RATES'],
    ['edges', 'LOCATION REPLICAS'],
  ])('prints %s in columns: %s, ready and age, and why it is not ready', async (plural, own) => {
    expect((await apply('admin', SAMPLES[plural] ?? {})).stderr).toBe('');
    const head = async (...args: string[]) =>
      (await kubectl('get', plural, '--namespace=acme', ...args)).split('\n')[0]?.trim().replace(/\s+/g, ' ');
    expect(await head()).toBe(`NAME ${own} READY AGE`);
    expect(await head('-o', 'wide')).toBe(`NAME ${own} READY REASON AGE`);
  });

  it('lists all of them under one name', async () => {
    const listed = await kubectl('get', 'trunkline', '--all-namespaces', '-o', 'name');
    for (const plural of Object.keys(SAMPLES))
      expect(listed).toContain(`${plural.replace(/s$/, '')}.trunkline.dev/`);
  });

  describe('admission', () => {
    const callerId = resource('OutgoingCallerId', 'desk', { number: '+442079460123' }, 'acme');

    it('lets a tenant make what is a tenant’s', async () => {
      const claim = resource('PhoneNumber', 'claimed', { match: { pattern: '+1555' } }, 'acme');
      for (const manifest of [trunk, claim, callerId]) {
        const { exitCode, stderr } = await apply('tenant', manifest, '--force-conflicts');
        expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      }
    });

    it.each<[what: string, user: string, manifest: () => object, says: RegExp]>([
      [
        'a trunk in another namespace',
        'tenant',
        () => resource('Trunk', 'x', { termination: { domainName: 'x' } }, 'globex'),
        /cannot (get|patch) resource "trunks"/,
      ],
      [
        'an account',
        'tenant',
        () => resource('Account', 'acme', { namespace: 'acme', type: 'full' }),
        /cannot (get|patch) resource "accounts"/,
      ],
      [
        'a trial lifted by who has too many rights',
        'careless',
        () => resource('Account', 'acme', { namespace: 'acme', type: 'full' }),
        /only an administrator of the service may change accounts: ask for the ClusterRole trunkline-provider/,
      ],
      [
        'a carrier of who has too many rights',
        'careless',
        () => resource('Carrier', 'mine', { prefixes: ['+'], gateways: [{ host: '192.0.2.66' }] }),
        /only an administrator of the service may change carriers/,
      ],
      [
        'a number that a tenant names',
        'tenant',
        () => resource('PhoneNumber', 'spoof', { number: '+442079460999' }, 'acme'),
        /only an administrator of the service may name a number: claim one from a pool by spec\.match/,
      ],
      [
        'a caller id verified by its tenant',
        'tenant',
        () => ({ ...callerId, spec: undefined, status: { verified: true } }),
        /cannot patch resource "outgoingcallerids\/status"/,
      ],
      [
        'a caller id verified by who has too many rights',
        'careless',
        () => ({ ...callerId, spec: undefined, status: { verified: true } }),
        /a status is written by the operator alone/,
      ],
      [
        'a caller id verified by the operator',
        'operator',
        () => ({ ...callerId, spec: undefined, status: { verified: true } }),
        /status\.verified is set by a verification call/,
      ],
      [
        'a domain given to oneself in the status',
        'careless',
        () => ({ ...trunk, spec: undefined, status: { terminationUris: ['bank.pstn.example.com'] } }),
        /a status is written by the operator alone/,
      ],
    ])('refuses %s', async (_, user, manifest, says) => {
      const sent = manifest();
      const part = 'status' in sent ? ['--subresource=status'] : [];
      const { exitCode, stderr } = await apply(user, sent, '--force-conflicts', ...part);
      expect(stderr).toMatch(says);
      expect(exitCode).not.toBe(0);
    });

    it('lets the operator write statuses, and the provider everything', async () => {
      const status = { ...trunk, spec: undefined, status: { numbers: 1 } };
      expect((await apply('operator', status, '--subresource=status')).stderr).toBe('');
      expect(
        (
          await apply(
            'provider',
            resource('Account', 'acme', { namespace: 'acme', type: 'full' }),
            '--force-conflicts',
          )
        ).stderr,
      ).toBe('');
      const number = resource('PhoneNumber', 'named', { number: '+442079460998' }, 'acme');
      expect((await apply('provider', number)).stderr).toBe('');
      const verified = { ...callerId, spec: undefined, status: { verified: true } };
      expect((await apply('provider', verified, '--subresource=status')).stderr).toBe('');
    });

    it('lets a tenant change everything else of a number that was named, but not the number', async () => {
      const named = (spec: Record<string, unknown>) => resource('PhoneNumber', 'named', spec, 'acme');
      const same = await apply(
        'tenant',
        named({ number: '+442079460998', trunkRef: { name: 'acme' } }),
        '--force-conflicts',
      );
      expect(same.stderr).toBe('');
      const other = await apply('tenant', named({ number: '+442079460997' }), '--force-conflicts');
      expect(other.stderr).toMatch(/may name a number/);
    });

    it('keeps the finalizer of a list in use', async () => {
      const list = (finalizers: string[]) => ({
        ...SAMPLES.credentiallists,
        metadata: { name: 'pbx', namespace: 'acme', finalizers },
      });
      const patch = (user: string, finalizers: string[]) =>
        runKubeTool(
          'kubectl',
          [
            ...['patch', 'credentiallist', 'pbx', '--namespace=acme', '--type=merge'],
            ...['--patch', JSON.stringify({ metadata: list(finalizers).metadata })],
          ],
          as(user),
        );
      expect((await patch('operator', ['trunkline.dev/in-use'])).stderr).toBe('');
      expect((await patch('tenant', [])).stderr).toMatch(/trunks still use the list/);
      expect((await patch('operator', [])).stderr).toBe('');
    });
  });

  describe('the operator’s account', () => {
    const may = async (verb: string, what: string, namespace: string) =>
      (
        await runKubeTool(
          'kubectl',
          ['auth', 'can-i', verb, ...what.split(' '), `--namespace=${namespace}`],
          as('operator'),
        )
      ).stdout.trim();

    it.each([
      ['watch', 'trunks.trunkline.dev', 'acme'],
      ['patch', 'trunks.trunkline.dev --subresource=status', 'acme'],
      ['patch', 'credentiallists.trunkline.dev', 'acme'],
      ['watch', 'edges.trunkline.dev', 'acme'],
      ['watch', 'secrets', 'acme'],
      ['create', 'events.events.k8s.io', 'default'],
      ['patch', 'configmaps', SYSTEM],
      ['delete', 'secrets', SYSTEM],
      ['create', 'leases.coordination.k8s.io', SYSTEM],
      ['update', 'leases.coordination.k8s.io/trunkline-operator', SYSTEM],
    ])('may %s %s in %s', async (verb, what, namespace) => {
      expect(await may(verb, what, namespace)).toBe('yes');
    });

    it.each([
      ['get', 'secrets', 'acme'],
      ['create', 'secrets', 'acme'],
      ['patch', 'trunks.trunkline.dev', 'acme'],
      ['delete', 'trunks.trunkline.dev', 'acme'],
      ['patch', 'accounts.trunkline.dev', 'acme'],
      ['administer', 'accounts.trunkline.dev', 'acme'],
      ['patch', 'configmaps', 'acme'],
      ['update', 'leases.coordination.k8s.io/other', SYSTEM],
      ['create', 'pods', SYSTEM],
    ])('may not %s %s in %s', async (verb, what, namespace) => {
      expect(await may(verb, what, namespace)).toBe('no');
    });
  });

  it('runs its operator where only restricted pods may be', async () => {
    const text = await kubectl(
      'get',
      'deployment',
      'trunkline-operator',
      '--namespace',
      SYSTEM,
      '-o',
      'json',
    );
    const { spec } = (JSON.parse(text) as { spec: { template: { spec: object } } }).spec.template;
    expect(await runsRestricted(as('admin').env, spec)).toEqual({ exitCode: 0, stderr: '' });
  });

  it('comes back from a backup with what only statuses have, by the commands of the documentation', async () => {
    const status = { ...resource('PhoneNumber', 'claimed', {}, 'acme'), status: { number: '+15550101' } };
    expect((await apply('admin', { ...status, spec: undefined }, '--subresource=status')).stderr).toBe('');
    const facts = () =>
      kubectl(
        ...['get', 'phonenumber/claimed', 'outgoingcallerid/desk', 'trunk/acme', '--namespace=acme', '-o'],
        'jsonpath={.items[*].status.number} {.items[*].status.verified} {.items[*].status.numbers}',
      );
    const held = await facts();
    expect(held).toBe('+15550101 true 1');

    const kinds = 'trunks,phonenumbers,outgoingcallerids,credentiallists';
    const backup = await kubectl('get', 'trunkline', '--all-namespaces', '-o', 'json');
    await kubectl('delete', kinds, '--all', '--namespace=acme');
    const list = JSON.parse(backup) as { items: { metadata: Record<string, unknown> }[] };
    // What the jq of docs/operations/install.md leaves out.
    const [, left = ''] =
      /\.metadata\[(.*?)\]/.exec(readFileSync('docs/operations/install.md', 'utf8')) ?? [];
    for (const { metadata } of list.items)
      for (const field of JSON.parse(`[${left}]`) as string[]) Reflect.deleteProperty(metadata, field);
    for (const part of [[], ['--subresource=status']]) {
      const { exitCode, stderr } = await apply('admin', list, '--force-conflicts', ...part);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    }
    expect(await facts()).toBe(held);
  });

  // Last: it takes away what the tests above look at.
  it('leaves every resource where the definitions are no longer its own, and where it is uninstalled', async () => {
    const uid = () => kubectl('get', 'trunk', 'acme', '--namespace=acme', '-o', 'jsonpath={.metadata.uid}');
    const made = await uid();
    await helm('upgrade', 'trunkline', CHART, ...SETTINGS, '--set', 'crds.enabled=false');
    expect(await uid()).toBe(made);

    await helm('uninstall', 'trunkline', '--namespace', SYSTEM);
    for (const kind of ['deployments', 'validatingadmissionpolicies', 'clusterroles'])
      expect(await names(kind)).toEqual([]);
    expect(await uid()).toBe(made);

    await helm('install', 'trunkline', CHART, ...SETTINGS);
    expect(await uid()).toBe(made);
    await helm('upgrade', 'trunkline', CHART, ...SETTINGS, '--set', 'operator.replicas=3');
    expect((await facts()).replicas).toBe('3');
  }, 120_000);
});
