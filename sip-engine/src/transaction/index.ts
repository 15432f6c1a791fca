// SPDX-License-Identifier: Apache-2.0
export type * from './contract.ts';
export { systemClock, type Clock } from './clock.ts';
export { completeTimers, type TimerOptions, type Timers } from './timers.ts';
export type { TransactionCounters } from './transaction-context.ts';
export {
  createTransactionLayer,
  type RunningTransactionLayer,
  type TransactionLayerOptions,
} from './create-transaction-layer.ts';
export type {
  ListenerSpec,
  ListeningAddress,
  Log,
  Maxima,
  TransportCounters,
} from '../transport/transport-settings.ts';
