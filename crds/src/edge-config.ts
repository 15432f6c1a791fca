// SPDX-License-Identifier: Apache-2.0
import { Type, type Static } from 'typebox';

/*
 * The contract between the operator (or `trunkline up`) and sip-proxy: what an edge needs to decide calls, and
 * nothing else. It travels as shards: small JSON documents, each complete and valid by itself. What is secret
 * travels apart (`SecretShard`), so that ConfigMaps never hold a hash or a password.
 */

/** Bumped when a proxy of the old version could misread a shard; a proxy refuses a version it does not know. */
export const EDGE_CONFIG_VERSION = 1;

const NamespacedKey = Type.String({ description: '`namespace/name`' });
const Transport = Type.Union([Type.Literal('udp'), Type.Literal('tcp'), Type.Literal('tls')]);
export type Transport = Static<typeof Transport>;

export const OriginationTarget = Type.Object({
  key: NamespacedKey,
  sid: Type.String(),
  /** As the user wrote it, for records and messages. */
  sipUri: Type.String(),
  /** The configured user part, percent-decoded; absent: the dialled number is filled in. */
  user: Type.Optional(Type.String()),
  /** Host name, IPv4 literal or bracketless IPv6 literal. */
  host: Type.String(),
  /** Absent: resolve by RFC 3263, else 5060, TLS 5061. */
  port: Type.Optional(Type.Integer()),
  /** Already forced to `tls` for `sips:` URIs and secure trunks. */
  transport: Transport,
  /** `?X-name=value`, decoded; X- names only. */
  headers: Type.Array(Type.Object({ name: Type.String(), value: Type.String() })),
  /** Name of the edge that the call must leave from; unknown names are dropped at compile time. */
  edge: Type.Optional(Type.String()),
  priority: Type.Integer(),
  weight: Type.Integer(),
});
export type OriginationTarget = Static<typeof OriginationTarget>;

export const TrunkEntry = Type.Object({
  key: NamespacedKey,
  sid: Type.String(),
  namespace: Type.String(),
  name: Type.String(),
  generation: Type.Integer(),
  friendlyName: Type.String(),
  secure: Type.Boolean(),
  symmetricRtp: Type.Boolean(),
  cnamLookup: Type.Boolean(),
  recording: Type.Object({
    mode: Type.Union([
      Type.Literal('do-not-record'),
      Type.Literal('record-from-ringing'),
      Type.Literal('record-from-answer'),
      Type.Literal('record-from-ringing-dual'),
      Type.Literal('record-from-answer-dual'),
    ]),
    trim: Type.Union([Type.Literal('do-not-trim'), Type.Literal('trim-silence')]),
  }),
  transfer: Type.Object({
    mode: Type.Union([Type.Literal('disable-all'), Type.Literal('sip-only'), Type.Literal('enable-all')]),
    callerId: Type.Union([Type.Literal('from-transferee'), Type.Literal('from-transferor')]),
  }),
  disasterRecovery: Type.Optional(
    Type.Object({ url: Type.String(), method: Type.Union([Type.Literal('GET'), Type.Literal('POST')]) }),
  ),
  /** Domain label or labels below `pstn.<baseDomain>`, lower case: `acme` or `a.b`. Absent: no termination. */
  domainName: Type.Optional(Type.String()),
  /**
   * Access lists by reference. A list that does not exist stays here with no CIDRs, so that a trunk whose list
   * went missing refuses calls instead of accepting them all.
   */
  ipAccessControlLists: Type.Array(
    Type.Object({ key: NamespacedKey, sid: Type.String(), cidrs: Type.Array(Type.String()) }),
  ),
  /** Keys into `SecretShard.credentialLists`; a key without an entry there has no users (calls are refused). */
  credentialLists: Type.Array(NamespacedKey),
  limits: Type.Object({
    /** New termination calls per second; absent: unlimited. */
    callsPerSecond: Type.Optional(Type.Number()),
    /** Calls at one time, both directions; absent: unlimited. */
    concurrentCalls: Type.Optional(Type.Integer()),
    maxCallDurationSeconds: Type.Integer(),
  }),
  failover: Type.Object({
    /** No response at all for this long: next target. */
    answerTimeoutMs: Type.Integer(),
    /** Statuses that end the hunt: `404` or a class, `6xx`. */
    finalCodes: Type.Array(Type.String()),
  }),
  /** E.164 numbers whose calls this trunk gets. */
  numbers: Type.Array(Type.String()),
  /** Enabled and accepted ones only, at most ten. */
  originationTargets: Type.Array(OriginationTarget),
});
export type TrunkEntry = Static<typeof TrunkEntry>;

export const AccountEntry = Type.Object({
  /** The Account resource's name. */
  name: Type.String(),
  sid: Type.String(),
  namespace: Type.String(),
  type: Type.Union([Type.Literal('trial'), Type.Literal('full')]),
  suspended: Type.Boolean(),
  /** Name of the parent account; its pool also covers this account's calls. */
  parent: Type.Optional(Type.String()),
  /** Pool of new termination calls per second over all trunks of the account; absent: unlimited. */
  callsPerSecond: Type.Optional(Type.Number()),
  /** All E.164 numbers of the account, on a trunk or not: allowed as caller id. */
  numbers: Type.Array(Type.String()),
  /** Verified OutgoingCallerIds: allowed as caller id; for a trial account also the only numbers it may call. */
  verifiedCallerIds: Type.Array(Type.String()),
});
export type AccountEntry = Static<typeof AccountEntry>;

export const CarrierEntry = Type.Object({
  name: Type.String(),
  sid: Type.String(),
  /** `+` matches everything; longest match wins. */
  prefixes: Type.Array(Type.String()),
  gateways: Type.Array(
    Type.Object({
      host: Type.String(),
      port: Type.Optional(Type.Integer()),
      transport: Transport,
      priority: Type.Integer(),
      weight: Type.Integer(),
    }),
  ),
  /** CIDRs whose INVITEs are calls from the PSTN. */
  inboundSources: Type.Array(Type.String()),
  /** Codec names in order of preference; empty: as offered. */
  codecs: Type.Array(Type.String()),
  /** True where `SecretShard.carriers` has digest credentials for this carrier. */
  hasCredentials: Type.Boolean(),
});
export type CarrierEntry = Static<typeof CarrierEntry>;

export const EdgeEntry = Type.Object({
  name: Type.String(),
  sid: Type.String(),
  legacyRegion: Type.Optional(Type.String()),
  /** `host:port` at which other edges hand calls over to this one. */
  handoff: Type.Optional(Type.String()),
});
export type EdgeEntry = Static<typeof EdgeEntry>;

/** Install-wide part, the shard named `global`. */
export const GlobalShard = Type.Object({
  version: Type.Literal(EDGE_CONFIG_VERSION),
  shard: Type.Literal('global'),
  /** SHA-256 (hex) of the canonical JSON of everything else in the shard. */
  revision: Type.String(),
  /** `example.com`: termination domains are `<label>.pstn.example.com`. Also the digest realm. */
  baseDomain: Type.String(),
  unknownDomain: Type.Union([Type.Literal('reject'), Type.Literal('drop')]),
  carriers: Type.Array(CarrierEntry),
  edges: Type.Array(EdgeEntry),
});
export type GlobalShard = Static<typeof GlobalShard>;

/** One of 256 virtual shards, named `00`..`ff` by the first byte of SHA-256 of the namespace: an account and its trunks sit together. */
export const RoutingShard = Type.Object({
  version: Type.Literal(EDGE_CONFIG_VERSION),
  shard: Type.String({ pattern: '^[0-9a-f]{2}$' }),
  revision: Type.String(),
  accounts: Type.Array(AccountEntry),
  trunks: Type.Array(TrunkEntry),
});
export type RoutingShard = Static<typeof RoutingShard>;

/** Digest hashes of one user: H(username:realm:password), RFC 7616 §3.4.2; the realm is `baseDomain`. */
export const CredentialHash = Type.Object({
  username: Type.String(),
  ha1Md5: Type.String({ pattern: '^[0-9a-f]{32}$' }),
  ha1Sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
});
export type CredentialHash = Static<typeof CredentialHash>;

/** What is secret of a shard; stored in a Kubernetes Secret, or in a file of mode 0600. */
export const SecretShard = Type.Object({
  version: Type.Literal(EDGE_CONFIG_VERSION),
  /** `00`..`ff` or `global`. */
  shard: Type.String(),
  revision: Type.String(),
  /** By `namespace/name` of the CredentialList. */
  credentialLists: Type.Record(Type.String(), Type.Array(CredentialHash)),
  /** By Carrier name; only in the shard `global`. A carrier asks for its own realm, so the password itself is needed. */
  carriers: Type.Record(Type.String(), Type.Object({ username: Type.String(), password: Type.String() })),
});
export type SecretShard = Static<typeof SecretShard>;

/** All shards of one install, as `operator/publish` makes them and `sip-proxy/config` reads them. */
export interface EdgeConfig {
  global: GlobalShard;
  routing: RoutingShard[];
  secrets: SecretShard[];
}
