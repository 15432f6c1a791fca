// SPDX-License-Identifier: Apache-2.0
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { SipMessage } from '../message/index.ts';
import type { Tally } from '../dialog/tally.ts';
import type { RunningTransactionLayer } from '../transaction/index.ts';
import type { DropCounts } from '../transport/drop-counts.ts';

/** Where the figures that are read on request come from. */
export interface EngineFigures {
  engine: { readonly load: { dialogs: number; server: number; client: number } };
  layer: Pick<RunningTransactionLayer, 'active' | 'pending' | 'counters'>;
  connections: () => number;
}

/** What `/metrics` shows of the engine. */
export class EngineMetrics {
  readonly registry = new Registry();
  readonly tally: Tally;

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    const messages = new Counter({
      name: 'trunkline_engine_messages_total',
      help: 'SIP messages handled by the dialog layer; repeats and the ACKs of failures are not in it',
      labelNames: ['direction', 'kind', 'protocol'],
      registers: [this.registry],
    });
    const children = new Map<string, Counter.Internal>();
    this.tally = (direction, message, protocol) => {
      const kind = kindOf(message);
      const key = direction + kind + protocol;
      let child = children.get(key);
      if (child === undefined) {
        child = messages.labels(direction, kind, protocol);
        children.set(key, child);
      }
      child.inc();
    };
  }

  /** Adds the gauges and totals that are read when somebody asks. */
  watch(figures: EngineFigures): void {
    this.gauge('dialogs', 'Calls, early ones included', () => figures.engine.load.dialogs);
    this.gauge('app_connections', 'Authenticated apps', figures.connections);
    this.gauge(
      'waiting_for_app',
      'Requests handed to an app that it has not answered',
      () => figures.engine.load.server,
    );
    this.bySide('transactions', 'Transactions without their final response', () => figures.layer.pending);
    this.bySide(
      'transactions_held',
      'All transactions, those that only absorb repeats included',
      () => figures.layer.active,
    );
    const { layer } = figures;
    this.total(
      'retransmissions_total',
      'Messages sent again by timer or for a repeat',
      () => layer.counters.retransmitted,
    );
    this.total('repeats_absorbed_total', 'Repeated requests of peers', () => layer.counters.absorbed);
    this.total('timeouts_total', 'Transactions that ended by timer B, F or H', () => layer.counters.timeouts);
    this.total('parse_errors_total', 'Messages that are no usable SIP', () => layer.counters.malformed);
    this.dropped(() => layer.counters.dropped);
    this.total('transport_errors_total', 'Failed sends and connections', () => layer.counters.errors);
  }

  private gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name: `trunkline_engine_${name}`,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }

  private bySide(name: string, help: string, read: () => { server: number; client: number }): void {
    new Gauge({
      name: `trunkline_engine_${name}`,
      help,
      labelNames: ['side'],
      registers: [this.registry],
      collect() {
        const { server, client } = read();
        this.set({ side: 'server' }, server);
        this.set({ side: 'client' }, client);
      },
    });
  }

  private dropped(read: () => DropCounts): void {
    new Counter({
      name: 'trunkline_engine_dropped_total',
      help: 'Messages and connections given up before they got anywhere, by reason (docs/reference/limits.md)',
      labelNames: ['reason'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [reason, count] of Object.entries(read())) this.inc({ reason }, count);
      },
    });
  }

  private total(name: string, help: string, read: () => number): void {
    new Counter({
      name: `trunkline_engine_${name}`,
      help,
      registers: [this.registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }
}

/** The method, or the class as `2xx`. Methods are a short list: a peer could else fill the registry with inventions. */
function kindOf(message: SipMessage): string {
  if (message.kind === 'response') return `${Math.floor(message.status / 100)}xx`;
  return METHODS.has(message.method) ? message.method : 'other';
}

const METHODS = new Set([
  ...[
    'INVITE',
    'ACK',
    'BYE',
    'CANCEL',
    'OPTIONS',
    'REGISTER',
    'INFO',
    'UPDATE',
    'PRACK',
    'REFER',
    'NOTIFY',
    'MESSAGE',
  ],
  ...['SUBSCRIBE', 'PUBLISH'],
]);
