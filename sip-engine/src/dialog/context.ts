// SPDX-License-Identifier: Apache-2.0
import type { Resolver, TimerSettings, TransactionLayer } from '../transaction/contract.ts';
import type { AppDirectory } from './app-link.ts';
import type { DialogStore } from './dialog-store.ts';
import type { Tally } from './tally.ts';

/** All times in milliseconds. */
export interface DialogSettings {
  timers: TimerSettings;
  /** Behave as drachtio-server does also where the RFCs say otherwise (docs: the wire protocol's quirks). */
  parity: boolean;
  /** How long an app may take for its first response before the request is forgotten (drachtio: 64 s). */
  silenceTimeout: number;
  /** An INVITE of ours that rings this long without news is cancelled (drachtio: 185 s). */
  ringTimeout: number;
  /** How long an app may take to answer a BYE (drachtio: 32 s). */
  byeTimeout: number;
  /** How long a 2xx may come late, after an INVITE of ours has ended otherwise. */
  lateAnswerTimeout: number;
}

export const defaultSettings: Omit<DialogSettings, 'timers'> = {
  parity: true,
  silenceTimeout: 64_000,
  ringTimeout: 185_000,
  byeTimeout: 32_000,
  lateAnswerTimeout: 32_000,
};

/** What every part of the dialog layer works with. */
export interface DialogContext {
  layer: TransactionLayer;
  resolver: Resolver;
  apps: AppDirectory;
  store: DialogStore;
  settings: DialogSettings;
  tally: Tally;
  /** Unexpected, but the engine goes on. */
  warn: (text: string, details: Record<string, unknown>) => void;
}
