// SPDX-License-Identifier: Apache-2.0
import type { TlsOptions } from '../transport/tls-identity.ts';
import { TransportLayer } from '../transport/transport-layer.ts';
import { defaultMaxima, type ListenerSpec, type Log, type Maxima } from '../transport/transport-settings.ts';
import { systemClock, type Clock } from './clock.ts';
import { LargeRequests } from './large-requests.ts';
import { refuseMalformed } from './malformed-request.ts';
import { completeTimers, type TimerOptions } from './timers.ts';
import type { TransactionCounters } from './transaction-context.ts';
import { SipTransactionLayer } from './transaction-layer.ts';

export interface TransactionLayerOptions {
  listeners: ListenerSpec[];
  /** Milliseconds; RFC 3261 table 4 for what is left out. */
  timers?: TimerOptions;
  maxima?: Partial<Maxima> | undefined;
  log?: Log;
  clock?: Clock;
  tls?: TlsOptions | undefined;
  /** Large requests over TCP (RFC 3261 §18.1.1). Default: no. */
  largeOverTcp?: boolean;
}

export type RunningTransactionLayer = SipTransactionLayer;

const silent: Log = { debug: () => undefined, warn: () => undefined };

/** Opens the listeners and puts the transactions on them.  Rejects, naming the address, where one cannot be had. */
export async function createTransactionLayer(
  options: TransactionLayerOptions,
): Promise<RunningTransactionLayer> {
  const log = options.log ?? silent;
  const running: { layer?: SipTransactionLayer } = {};
  const transport = await TransportLayer.open({
    listeners: options.listeners,
    maxima: { ...defaultMaxima, ...options.maxima },
    log,
    tls: options.tls,
    intake: {
      onMessage: (received) => {
        running.layer?.receive(received);
      },
      onMalformed: (error, flow) => {
        transport.counters.malformed += 1;
        const answered = refuseMalformed(error, flow, transport);
        log.debug({ reason: error.message, from: flow.remoteAddress, answered }, 'malformed SIP message');
      },
    },
  });
  const counters: TransactionCounters = { retransmitted: 0, absorbed: 0, merged: 0, strays: 0, timeouts: 0 };
  const context = {
    timers: completeTimers(options.timers),
    clock: options.clock ?? systemClock,
    transport,
    counters,
    large: options.largeOverTcp === true ? new LargeRequests(transport) : undefined,
    tell: (call: () => void) => {
      try {
        call();
      } catch (error) {
        log.warn({ err: error }, 'a SIP event could not be handled');
      }
    },
  };
  const layer = new SipTransactionLayer(context, transport);
  running.layer = layer;
  return layer;
}
