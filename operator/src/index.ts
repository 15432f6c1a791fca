// SPDX-License-Identifier: Apache-2.0
export { compile, type Compilation, type CompileInput } from './compile/compile.ts';
export { Compiler, type Applied, type Changes, type SecretData } from './compile/compiler.ts';
export type { Condition } from './compile/conditions.ts';
export type { CompileSettings } from './compile/facts.ts';
export type { Finding, Issue } from './compile/issue.ts';
export { fromManifests } from './compile/from-manifests.ts';
export { resourceKey, type ResourceKey } from './compile/resources.ts';
export type { ResourceStatus } from './compile/statuses.ts';
export { commonRecords, edgeRecords, SIP_HOST, type DnsEdge, type DnsRecord } from './dns/records.ts';
export { shardName } from './shard/shard-name.ts';
export {
  clearAcks,
  hasApplied,
  readAcks,
  waitForAcks,
  type Acknowledgement,
} from './publish/acknowledgements.ts';
export { withProgrammed, type Rollout } from './publish/programmed.ts';
export { writeShardDirectory, type WrittenShards } from './publish/shard-directory.ts';
export { revisionsOf, toShards, type ShardDocument } from './publish/to-shards.ts';
export {
  carrierHealth,
  indexHealth,
  originationUriHealth,
  type AddressHealth,
  type HealthIndex,
  type ProxyHealth,
} from './status/target-health.ts';
