// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { KubeClient, loadKubeConfig, type KubeObject, type ResourceKind } from '@trunkline/kube';
import { parse } from 'yaml';
import { requireKubeTools, startKubeApiServer, type KubeApiServer } from '../src/kube-api-server.ts';
import { kubeToolOutput, REPOSITORY } from '../src/kube-commands.ts';

interface Schema {
  description?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  'x-kubernetes-validations'?: { rule: string; message: string }[];
}

interface Definition {
  spec: {
    scope: string;
    names: { kind: string; plural: string };
    versions: [{ schema: { openAPIV3Schema: Schema } }];
  };
}

/** The spec of an object that the rule lets pass, and of one that it refuses. */
interface Case {
  accepted: object;
  refused: object;
  /** What is there already, for rules about a change. */
  before?: object;
}

const gateway = (host: string) => ({ prefixes: ['+'], gateways: [{ host }] });
const edge = (more: object = {}) => ({ signalling: { addresses: ['198.51.100.4'] }, ...more });
const uri = (sipUri: string) => ({ trunkRef: { name: 'acme' }, sipUri });
const pool = (more: object) => ({ carrierRef: { name: 'pstn' }, country: 'US', ...more });
const range = (from: string, to: string) => pool({ ranges: [{ from, to }] });
const deck = (increment: string) => ({
  currency: 'USD',
  rates: [{ prefix: '+1', direction: 'termination', perMinute: '0.01', increment }],
});

/** By kind, field and the beginning of the message. The objects are called `it`, where `name` does not say otherwise. */
const CASES: Record<string, Case> = {
  'Account: an account cannot be its own parent': {
    accepted: { namespace: 'acme', parent: 'holding' },
    refused: { namespace: 'acme', parent: 'it' },
  },
  'Account.spec.namespace: cannot be changed': {
    before: { namespace: 'acme', type: 'trial' },
    accepted: { namespace: 'acme', type: 'full' },
    refused: { namespace: 'globex' },
  },
  'Carrier.spec: has prefixes and no gateway': {
    accepted: { inbound: { sources: [{ cidr: '192.0.2.0/28' }] } },
    refused: { prefixes: ['+44'] },
  },
  'Carrier.spec: has gateways and no prefix': {
    accepted: gateway('192.0.2.10'),
    refused: { gateways: [{ host: '192.0.2.10' }] },
  },
  'Carrier.spec.gateways[].host: is not a host name or IP address': {
    accepted: gateway('2001:db8::10'),
    refused: gateway('192.0.2'),
  },
  'Carrier.spec.inbound.sources[].cidr: is not a CIDR': {
    accepted: { inbound: { sources: [{ cidr: '2001:db8::/64' }] } },
    refused: { inbound: { sources: [{ cidr: '192.0.2.1' }] } },
  },
  'Edge: the name of an Edge is one label': { accepted: edge(), refused: { name: 'pstn', ...edge() } },
  'Edge.spec.signalling.addresses[]: is not an IP address': {
    accepted: { signalling: { addresses: ['198.51.100.4', '2001:db8::4'] } },
    refused: { signalling: { addresses: ['198.51.100.400'] } },
  },
  'Edge.spec.media.cidrs[]: is not a CIDR': {
    accepted: edge({ media: { cidrs: ['198.51.100.0/24'] } }),
    refused: edge({ media: { cidrs: ['198.51.100.0/33'] } }),
  },
  'Edge.spec.media.portRange: has min not below max': {
    accepted: edge({ media: { cidrs: ['198.51.100.0/24'], portRange: { min: 20_000, max: 30_000 } } }),
    refused: edge({ media: { cidrs: ['198.51.100.0/24'], portRange: { min: 30_000, max: 20_000 } } }),
  },
  'IpAccessControlList.spec.addresses[].cidr: is not a CIDR': {
    accepted: { addresses: [{ cidr: '203.0.113.7/32' }] },
    refused: { addresses: [{ cidr: '203.0.113.7/40' }] },
  },
  'NumberPool.spec: holds no number': { accepted: pool({ numbers: ['+15550100'] }), refused: pool({}) },
  'NumberPool.spec.ranges[]: has ends of different lengths': {
    accepted: range('+15550100', '+15550199'),
    refused: range('+15550100', '+155501990'),
  },
  'NumberPool.spec.ranges[]: ends before it begins': {
    accepted: range('+15550100', '+15550100'),
    refused: range('+15550199', '+15550100'),
  },
  'OriginationUri.spec.sipUri: is not a SIP URI': {
    accepted: uri('sip:pbx1.acme.example;transport=tcp?X-site=a'),
    refused: uri('sip:pbx1.acme.example;transport=sctp'),
  },
  'OriginationUri.spec.sipUri: has a control character': {
    accepted: uri('sip:pbx1.acme.example?X-site=a%20b'),
    refused: uri('sip:pbx1.acme.example?X-site=a%0D%0AVia:b'),
  },
  'OutgoingCallerId.spec.number: cannot be changed': {
    before: { number: '+442079460123' },
    accepted: { number: '+442079460123', friendlyName: 'Desk' },
    refused: { number: '+442079460124' },
  },
  'PhoneNumber.spec: needs exactly one of number and match': {
    accepted: { number: '+15550100' },
    refused: { number: '+15550100', match: { country: 'US' } },
  },
  'PhoneNumber.spec.match: has neither pattern nor country': {
    accepted: { match: { country: 'US' } },
    refused: { match: {} },
  },
  'RateDeck.spec.rates[].increment: is not between 1s and 1h': { accepted: deck('6s'), refused: deck('2h') },
  'Trunk.spec.disasterRecovery.url: is not a URL': {
    accepted: { disasterRecovery: { url: 'https://voice.example.com/fallback' } },
    refused: { disasterRecovery: { url: 'https://[voice' } },
  },
  'Trunk.spec.limits.maxCallDuration: is not between 1s and 24h': {
    accepted: { limits: { maxCallDuration: '24h' } },
    refused: { limits: { maxCallDuration: '25h' } },
  },
  'Trunk.spec.failover.answerTimeout: is not between 500ms and 32s': {
    accepted: { failover: { answerTimeout: '500ms' } },
    refused: { failover: { answerTimeout: '33s' } },
  },
};

const folder = join(REPOSITORY, 'crds/yaml');
const definitions = readdirSync(folder).map(
  (file) => parse(readFileSync(join(folder, file), 'utf8')) as Definition,
);
const schemaOf = ({ spec }: Definition): Schema => spec.versions[0].schema.openAPIV3Schema;

/** Each part of a schema by its path, `.spec.addresses[].cidr`. */
const partsOf = (schema: Schema, path = ''): [path: string, schema: Schema][] => [
  [path, schema],
  ...Object.entries(schema.properties ?? {}).flatMap(([name, part]) => partsOf(part, `${path}.${name}`)),
  ...(schema.items ? partsOf(schema.items, `${path}[]`) : []),
];

const rules = definitions.flatMap((definition) =>
  partsOf(schemaOf(definition)).flatMap(([path, schema]) =>
    (schema['x-kubernetes-validations'] ?? []).map(
      ({ message }) => `${definition.spec.names.kind}${path}: ${message}`,
    ),
  ),
);

jest.setTimeout(120_000);

const suite = requireKubeTools('kube-apiserver', 'etcd', 'kubectl') ? describe : describe.skip;

suite('the resource definitions on a real API server', () => {
  let api: KubeApiServer;
  let client: KubeClient;
  const kubectl = (...args: string[]) =>
    kubeToolOutput('kubectl', args, { env: { KUBECONFIG: api.kubeconfig } });
  const kindOf = (name: string): ResourceKind => {
    const found = definitions.find(({ spec }) => spec.names.kind === name);
    if (found === undefined) throw new Error(`no kind ${name}`);
    const { scope, names } = found.spec;
    return {
      ...{ apiVersion: 'trunkline.dev/v1alpha1', kind: names.kind, plural: names.plural },
      namespaced: scope === 'Namespaced',
    };
  };
  /** What the API server says to an object; nothing where it takes it. */
  const refusal = async (kindName: string, given: object, dryRun = true): Promise<string> => {
    const kind = kindOf(kindName);
    const { name = 'it', ...spec } = given as { name?: string };
    const namespace = kind.namespaced ? { namespace: 'default' } : {};
    const object = { metadata: { name, ...namespace }, spec } as unknown as KubeObject;
    try {
      await client.apply(kind, object, { fieldManager: 'test', force: true, dryRun });
      return '';
    } catch (error) {
      return String(error);
    }
  };

  beforeAll(async () => {
    api = await startKubeApiServer();
    client = new KubeClient(loadKubeConfig({ file: api.kubeconfig }));
    await kubectl('apply', '--server-side', '-f', folder);
    await kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s');
  }, 240_000);
  afterAll(async () => {
    await client.close();
    await api.stop();
  }, 30_000);

  it('have a case here for each rule', () => {
    const cases = Object.keys(CASES);
    expect(rules.filter((rule) => !cases.some((begins) => rule.startsWith(begins)))).toEqual([]);
    expect(cases.filter((begins) => !rules.some((rule) => rule.startsWith(begins)))).toEqual([]);
  });

  it.each(Object.entries(CASES))('%s', async (name, { accepted, refused, before }) => {
    const [kind = ''] = name.split(/[.:]/);
    const message = name.slice(name.indexOf(': ') + 2);
    if (before !== undefined) expect(await refusal(kind, before, false)).toBe('');
    expect(await refusal(kind, accepted)).toBe('');
    expect(await refusal(kind, refused)).toContain(message);
  });

  it.each(definitions.map((definition) => [definition.spec.names.kind, definition] as const))(
    'explain every field of %s',
    async (kind, definition) => {
      const all = await kubectl('explain', kind.toLowerCase(), '--recursive');
      const paths = partsOf(schemaOf(definition)).map(([path]) => path);
      const fields = new Set(paths.map((path) => path.replaceAll('[]', '').split('.').at(-1)));
      fields.delete('');
      expect([...fields].filter((field) => !new RegExp(`\\b${field}\\t<`).test(all))).toEqual([]);
      for (const part of ['spec', 'status']) {
        const text = await kubectl('explain', `${kind.toLowerCase()}.${part}`);
        expect(text).not.toContain('<no description>');
        expect(text).toMatch(/^FIELDS:/m);
      }
    },
  );
});
