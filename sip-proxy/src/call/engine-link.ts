// SPDX-License-Identifier: Apache-2.0
import type { Logger } from 'pino';
import type { SipStack } from './sip-stack.ts';

export interface EngineLinkOptions {
  stack: SipStack;
  engine: { host: string; port: number; secret: string };
  log: Pick<Logger, 'info' | 'warn' | 'error'>;
  onConnected: (connected: boolean) => void;
  /** The connection broke: no dialog of it can be reached any more. */
  onLost: () => void;
}

export interface EngineLink {
  /** Resolves with the engine's SIP addresses when it has taken us for the first time. */
  readonly ready: Promise<string[]>;
  readonly connected: boolean;
  close(): void;
}

/** Longest pause between two tries to reach the engine, in milliseconds. */
const RETRY_MAX_MS = 2_000;

/** Keeps the application connected to its engine. */
export const connectEngine = ({ stack, engine, log, onConnected, onLost }: EngineLinkOptions): EngineLink => {
  const ready = Promise.withResolvers<string[]>();
  let connected = false;
  const lost = (detail: string) => {
    if (!connected) return;
    connected = false;
    log.error({ detail }, 'connection to the SIP engine lost; its calls are ended');
    onConnected(false);
    onLost();
  };
  stack.on('connect', (error: unknown, addresses?: string) => {
    if (error) {
      log.error({ err: error }, 'the SIP engine refuses us: check that both have the same secret');
      return;
    }
    connected = true;
    onConnected(true);
    log.info({ addresses }, 'connected to the SIP engine');
    ready.resolve((addresses ?? '').split(','));
  });
  // srf reconnects by itself, but only where somebody listens to its errors.
  stack.on('error', (error: unknown) => {
    if (connected) lost(String(error));
    else
      log.warn(
        { engine: `${engine.host}:${engine.port}`, detail: String(error) },
        'cannot reach the SIP engine',
      );
  });
  stack.on('close', () => {
    lost('closed');
  });
  stack.connect({ ...engine, reconnect: { retryMaxDelay: RETRY_MAX_MS } });
  return {
    ready: ready.promise,
    get connected() {
      return connected;
    },
    close: () => {
      try {
        stack.disconnect();
      } catch {
        // srf has no connection to end.
      }
    },
  };
};
