// SPDX-License-Identifier: Apache-2.0
/** Shards as the operator publishes them on Kubernetes, and as a proxy reads them. */
export { parseShard, ShardError, type Shard } from './shard-file.ts';
export { SHARD_SELECTOR, shardOf, shardTextOf, type ShardObject } from './shard-object.ts';
