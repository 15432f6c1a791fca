// SPDX-License-Identifier: Apache-2.0

/** A manifest, as written for kubectl. */
export interface Resource {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  spec?: Record<string, unknown>;
  stringData?: Record<string, string>;
  status?: Record<string, unknown>;
}

/** One YAML text of several documents; JSON is YAML. */
export const manifestText = (resources: Resource[]): string =>
  resources.map((resource) => `${JSON.stringify(resource, null, 2)}\n`).join('---\n');

type Spec = Record<string, unknown>;

/** Any of ours. */
export const resource = (kind: string, name: string, spec: Spec, namespace?: string): Resource => ({
  apiVersion: 'trunkline.dev/v1alpha1',
  kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  spec,
});

/** A Kubernetes name out of anything: `+15550100` becomes `n15550100`. */
const nameFor = (text: string): string => `n${text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '')}`;

export const account = (namespace: string, spec: Spec = {}): Resource =>
  resource('Account', namespace, { namespace, type: 'full', ...spec });

/** `legacyRegion`: the short name that means the same edge. Its addresses lead nowhere. */
export const edge = (name: string, legacyRegion: string): Resource =>
  resource('Edge', name, {
    legacyRegion,
    location: name,
    signalling: { addresses: ['192.0.2.1'] },
    media: { cidrs: ['192.0.2.0/24'] },
  });

export interface Gateway {
  host: string;
  port: number;
  transport?: 'udp' | 'tcp' | 'tls';
  priority?: number;
  weight?: number;
  enabled?: boolean;
}

/** `sources`: CIDRs of its inbound calls; default: each gateway's own address. */
export const carrier = (
  name: string,
  gateways: Gateway[],
  options: { prefixes?: string[]; sources?: string[] } & Spec = {},
): Resource => {
  const {
    prefixes = ['+'],
    sources = [...new Set(gateways.map(({ host }) => hostCidr(host)))],
    ...spec
  } = options;
  return resource('Carrier', name, {
    prefixes,
    gateways: gateways.map((gateway) => ({
      transport: 'udp',
      priority: 10,
      weight: 10,
      enabled: true,
      ...gateway,
    })),
    inbound: { sources: sources.map((cidr) => ({ cidr })) },
    ...spec,
  });
};

const hostCidr = (host: string): string => (host.includes(':') ? `${host}/128` : `${host}/32`);

export const accessList = (namespace: string, name: string, cidrs: string[]): Resource =>
  resource(
    'IpAccessControlList',
    name,
    {
      friendlyName: name,
      addresses: cidrs.map((cidr) => ({ cidr, friendlyName: cidr })),
    },
    namespace,
  );

/** A list of users and the Secrets with their passwords. */
export const credentialList = (
  namespace: string,
  name: string,
  users: Record<string, string>,
): Resource[] => [
  resource(
    'CredentialList',
    name,
    {
      friendlyName: name,
      credentials: Object.keys(users).map((username) => ({
        username,
        passwordSecretRef: { name: `${name}-passwords`, key: nameFor(username) },
      })),
    },
    namespace,
  ),
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `${name}-passwords`, namespace },
    stringData: Object.fromEntries(
      Object.entries(users).map(([username, password]) => [nameFor(username), password]),
    ),
  },
];

export const phoneNumber = (namespace: string, number: string, trunk?: string): Resource =>
  resource(
    'PhoneNumber',
    nameFor(number),
    { number, ...(trunk === undefined ? {} : { trunkRef: { name: trunk } }) },
    namespace,
  );

export const outgoingCallerId = (namespace: string, number: string, verified = true): Resource => ({
  ...resource('OutgoingCallerId', nameFor(number), { number }, namespace),
  status: { verified },
});

export interface Target {
  sipUri: string;
  priority?: number;
  weight?: number;
  enabled?: boolean;
}

export const originationUri = (
  namespace: string,
  trunk: string,
  name: string,
  target: string | Target,
): Resource =>
  resource(
    'OriginationUri',
    name,
    {
      trunkRef: { name: trunk },
      priority: 10,
      weight: 10,
      ...(typeof target === 'string' ? { sipUri: target } : target),
    },
    namespace,
  );

export interface TrunkOptions {
  /** Default: the trunk's name. */
  namespace?: string;
  /** Default: the trunk's name; null: no termination. */
  domainName?: string | null;
  /** CIDRs that may call out; absent: no list. */
  acl?: string[];
  /** Passwords by user; absent: no list. */
  users?: Record<string, string>;
  /** Numbers on the trunk. */
  numbers?: string[];
  /** Verified caller ids of the account. */
  callerIds?: string[];
  /** Where calls to the numbers go, named `uri1`, `uri2` ... */
  targets?: (string | Target)[];
  /** Further fields of the Account's spec; null: no Account is written. */
  account?: Spec | null;
  /** Further fields of the Trunk's spec. */
  spec?: Spec;
}

/** A trunk with everything that belongs to it alone, Account included. */
export const trunk = (name: string, options: TrunkOptions = {}): Resource[] => {
  const { namespace = name, numbers = [], callerIds = [], targets = [] } = options;
  return [
    ...(options.account === null ? [] : [account(namespace, options.account)]),
    ...(options.acl ? [accessList(namespace, `${name}-acl`, options.acl)] : []),
    ...(options.users ? credentialList(namespace, `${name}-users`, options.users) : []),
    resource(
      'Trunk',
      name,
      { friendlyName: name, ...termination(name, options), ...options.spec },
      namespace,
    ),
    ...numbers.map((number) => phoneNumber(namespace, number, name)),
    ...callerIds.map((number) => outgoingCallerId(namespace, number)),
    ...targets.map((target, index) => originationUri(namespace, name, `${name}-uri${index + 1}`, target)),
  ];
};

const termination = (name: string, { domainName = name, acl, users }: TrunkOptions): Spec => {
  if (domainName === null) return {};
  const authentication = {
    ...(acl ? { ipAccessControlLists: [`${name}-acl`] } : {}),
    ...(users ? { credentialLists: [`${name}-users`] } : {}),
  };
  return { termination: { domainName, authentication } };
};
