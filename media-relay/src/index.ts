// SPDX-License-Identifier: Apache-2.0
export type * from './media-session.ts';
export { MEDIA_ERRORS, MediaError, type MediaErrorCode } from './media-error.ts';
export {
  createMediaPool,
  type MediaPoolOptions,
  type NodePool,
  type NodeStatus,
} from './node-pool/media-pool.ts';
export { createNgClient, type NgClient, type NgResult } from './ng/ng-client.ts';
