// SPDX-License-Identifier: Apache-2.0
/** What the operator leaves in the API server, for those who look at it there: `kubectl trunkline`. */
export { RESOURCE_KINDS, type LiveResource } from './controller/live-resource.ts';
export { PROXY_SELECTOR, proxyOfLease, type KnownProxy } from './controller/proxy-fleet.ts';
export { REVISION } from './publish/shard-objects.ts';
