// SPDX-License-Identifier: Apache-2.0
import type { KindDefinition } from '../schema/kind-definition.ts';
import { account, type Account } from './account.ts';
import { carrier, type Carrier } from './carrier.ts';
import { credentialList, type CredentialList } from './credential-list.ts';
import { edge, type Edge } from './edge.ts';
import { ipAccessControlList, type IpAccessControlList } from './ip-access-control-list.ts';
import { numberPool, type NumberPool } from './number-pool.ts';
import { originationUri, type OriginationUri } from './origination-uri.ts';
import { outgoingCallerId, type OutgoingCallerId } from './outgoing-caller-id.ts';
import { phoneNumber, type PhoneNumber } from './phone-number.ts';
import { rateDeck, type RateDeck } from './rate-deck.ts';
import { trunk, type Trunk } from './trunk.ts';

/** Any resource of ours, told apart by `kind`. */
export type Resource =
  | Trunk
  | IpAccessControlList
  | CredentialList
  | OriginationUri
  | PhoneNumber
  | OutgoingCallerId
  | Account
  | Carrier
  | NumberPool
  | RateDeck
  | Edge;

export type Kind = Resource['kind'];
export type ResourceOf<K extends Kind> = Extract<Resource, { kind: K }>;

/** Every kind of `trunkline.dev/v1alpha1`, in the order in which people meet them. */
export const KINDS: { readonly [K in Kind]: KindDefinition<K> } = {
  Trunk: trunk,
  IpAccessControlList: ipAccessControlList,
  CredentialList: credentialList,
  OriginationUri: originationUri,
  PhoneNumber: phoneNumber,
  OutgoingCallerId: outgoingCallerId,
  Account: account,
  Carrier: carrier,
  NumberPool: numberPool,
  RateDeck: rateDeck,
  Edge: edge,
};

/** True for a kind of ours; safe with any string. */
export function isKind(name: string): name is Kind {
  return Object.hasOwn(KINDS, name);
}
