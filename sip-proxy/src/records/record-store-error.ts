// SPDX-License-Identifier: Apache-2.0

/**
 * What can go wrong with the record store:
 * `in-use` another process has the folder open; `newer-schema` a later release has migrated the database;
 * `unreachable` the database does not answer; `ambiguous` a short id fits several calls;
 * `bad-filter` a filter value makes no sense; `bad-url` the database URL is not `postgres://`;
 * `bad-reply` the process behind the socket answered something unexpected.
 */
export type RecordStoreErrorCode =
  'in-use' | 'newer-schema' | 'unreachable' | 'ambiguous' | 'bad-filter' | 'bad-url' | 'bad-reply';

/** The message names the value and what to do about it; it never holds a password. */
export class RecordStoreError extends Error {
  readonly code: RecordStoreErrorCode;

  constructor(code: RecordStoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RecordStoreError';
    this.code = code;
  }
}
