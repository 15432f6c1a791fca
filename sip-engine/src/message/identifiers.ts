// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';

/** What every RFC 3261 branch begins with (§8.1.1.7). */
export const branchCookie = 'z9hG4bK';

export function newBranch(): string {
  return `${branchCookie}-${randomUUID()}`;
}

/** 64 random bits: more than the 32 that RFC 3261 §19.3 asks for. */
export function newTag(): string {
  const uuid = randomUUID();
  return uuid.slice(0, 8) + uuid.slice(24, 32);
}

export function newCallId(): string {
  return randomUUID();
}
