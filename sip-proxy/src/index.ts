// SPDX-License-Identifier: Apache-2.0
export * from './policy/index.ts';
export { parseShard, revisionOf, shardNameOf, ShardError, type Shard } from './config/shard-file.ts';
