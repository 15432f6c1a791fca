// SPDX-License-Identifier: Apache-2.0

/** The command was called wrongly: one readable line with a remedy, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command was called rightly but cannot do it here: one readable line with a remedy, exit code 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
