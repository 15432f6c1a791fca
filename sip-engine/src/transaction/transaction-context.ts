// SPDX-License-Identifier: Apache-2.0
import type { TransportLayer } from '../transport/transport-layer.ts';
import type { Clock } from './clock.ts';
import type { LargeRequests } from './large-requests.ts';
import type { Timers } from './timers.ts';

/** Totals since the start. */
export interface TransactionCounters {
  /** Requests and responses that we sent again. */
  retransmitted: number;
  /** Repeated requests that went no further. */
  absorbed: number;
  /** Requests that came a second time on another way (RFC 3261 §8.2.2.2). */
  merged: number;
  /** Responses that match nothing. */
  strays: number;
  timeouts: number;
}

/** The part of the transport that the layer uses. */
export type Transport = Sender & Pick<TransportLayer, 'listening' | 'counters' | 'connections' | 'close'>;

/** The part of the transport that transactions use. */
export type Sender = Pick<TransportLayer, 'localFor' | 'send' | 'resend' | 'reply' | 'watch'>;

/** What every state machine works with. */
export interface TransactionContext {
  readonly timers: Timers;
  readonly clock: Clock;
  readonly transport: Sender;
  readonly counters: TransactionCounters;
  /** Absent: UDP, whatever the size. */
  readonly large?: LargeRequests | undefined;
  /** Calls code of the user: what it throws is logged and harms nobody else. */
  tell(call: () => void): void;
}
