// SPDX-License-Identifier: Apache-2.0
export { createResolver, type ResolverOptions } from './create-resolver.ts';
export type { NameServer, SrvTarget } from './name-server.ts';
export type { CacheTimes } from './timed-cache.ts';
