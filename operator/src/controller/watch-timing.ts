// SPDX-License-Identifier: Apache-2.0

/** Of all watches: one process, that should not be half a minute late after the API server was away. */
export const WATCH_TIMING = { backOff: { firstMs: 500, maxMs: 2_000, jitter: 1 } };
