// SPDX-License-Identifier: Apache-2.0
import type {
  Account,
  Kind,
  OriginationUri,
  PhoneNumber,
  Resource,
  ResourceOf,
  Trunk,
} from '@trunkline/crds';
import { shardName } from '../shard/shard-name.ts';
import { heldDomain, wantedDomain } from './domain-names.ts';
import { byAge, localKey, resourceKey } from './resources.ts';

/**
 * Lists resources under terms (`domain acme`, `numbers-on acme/main`), so that a query finds what concerns it
 * without looking at everything. A listed value is the `namespace/name` of the resource, oldest first.
 */
export class ResourceIndex {
  readonly #lists = new Map<string, Map<string, Resource>>();
  #touched = new Set<string>();

  replace(before: Resource | undefined, after: Resource | undefined): void {
    if (before) for (const term of termsOf(before)) this.#list(term).delete(resourceKey(before));
    if (after) for (const term of termsOf(after)) this.#list(term).set(resourceKey(after), after);
  }

  /** Terms whose lists may have changed since the last call, with their present lists. */
  takeTouched(): [term: string, keys: string[] | undefined][] {
    const touched = [...this.#touched];
    this.#touched = new Set();
    return touched.map((term) => [term, this.#snapshot(term)]);
  }

  #list(term: string): Map<string, Resource> {
    this.#touched.add(term);
    let list = this.#lists.get(term);
    if (!list) this.#lists.set(term, (list = new Map<string, Resource>()));
    return list;
  }

  #snapshot(term: string): string[] | undefined {
    const list = this.#lists.get(term);
    if (list && list.size > 0) return [...list.values()].sort(byAge).map(localKey);
    this.#lists.delete(term);
    return undefined;
  }
}

type Terms<R> = (resource: R) => (string | undefined)[];

const termsByKind: { [K in Kind]?: Terms<ResourceOf<K>> } = {
  Trunk: trunkTerms,
  OriginationUri: (uri) => [onTrunk('uris-on', uri)],
  PhoneNumber: numberTerms,
  OutgoingCallerId: (id) => [inNamespace('caller-ids-in', id)],
  CredentialList: (list) => [inNamespace('credential-lists-in', list)],
  Account: accountTerms,
  Carrier: () => ['carriers'],
  Edge: () => ['edges'],
  NumberPool: () => ['number-pools'],
};

/** Terms under which a resource is listed; one whose spec cannot be read is listed nowhere. */
export function termsOf(resource: Resource): Set<string> {
  const terms = new Set<string>();
  try {
    const ofKind = termsByKind[resource.kind] as Terms<Resource> | undefined;
    for (const term of ofKind?.(resource) ?? []) if (term !== undefined) terms.add(term);
    const namespace = resource.metadata.namespace;
    if (ROUTED.has(resource.kind) && namespace !== undefined) terms.add(`in-shard ${shardName(namespace)}`);
  } catch {
    // Its own status says what is wrong with it.
  }
  return terms;
}

function trunkTerms(trunk: Trunk): (string | undefined)[] {
  const wanted = wantedDomain(trunk);
  const held = heldDomain(trunk);
  const { namespace = '' } = trunk.metadata;
  const { ipAccessControlLists = [], credentialLists = [] } = trunk.spec.termination?.authentication ?? {};
  return [
    inNamespace('trunks-in', trunk),
    wanted === undefined ? undefined : `domain ${wanted}`,
    held === undefined ? undefined : `domain ${held}`,
    wanted?.includes('.') ? `children-of ${wanted.slice(wanted.indexOf('.') + 1)}` : undefined,
    ...ipAccessControlLists.map((name) => `uses-access-list ${namespace}/${name}`),
    ...credentialLists.map((name) => `uses-credential-list ${namespace}/${name}`),
  ];
}

function accountTerms(account: Account): string[] {
  const { namespace } = account.spec;
  return [`account-of ${namespace}`, `accounts-in-shard ${shardName(namespace)}`];
}

function numberTerms(phoneNumber: PhoneNumber): (string | undefined)[] {
  const { number, match } = phoneNumber.spec;
  return [
    inNamespace('numbers-in', phoneNumber),
    onTrunk('numbers-on', phoneNumber),
    number === undefined ? undefined : `number ${number}`,
    number === undefined && match ? 'pool-claims' : undefined,
  ];
}

function inNamespace(term: string, resource: Resource): string {
  return `${term} ${resource.metadata.namespace ?? ''}`;
}

function onTrunk(term: string, resource: OriginationUri | PhoneNumber): string | undefined {
  const trunk = resource.spec.trunkRef?.name;
  return trunk === undefined ? undefined : `${term} ${resource.metadata.namespace ?? ''}/${trunk}`;
}

/** Kinds of which something stands in the shard of their namespace. */
const ROUTED = new Set(['Trunk', 'PhoneNumber', 'OutgoingCallerId', 'CredentialList']);
