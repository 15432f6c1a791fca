// SPDX-License-Identifier: Apache-2.0
import { DialogEngine } from './dialog/dialog-engine.ts';
import { defaultSettings } from './dialog/context.ts';
import type { DialogSettings } from './dialog/context.ts';
import { DialogStore } from './dialog/dialog-store.ts';
import { createResolver } from './dns/index.ts';
import { EngineMetrics } from './metrics/engine-metrics.ts';
import { serveMetrics } from './metrics/serve-metrics.ts';
import { completeTimers, createTransactionLayer } from './transaction/index.ts';
import type { ListeningAddress, Log, Protocol, Resolver, TimerOptions } from './transaction/index.ts';
import type { TlsOptions } from './transport/tls-identity.ts';
import type { ListenerSpec, Maxima } from './transport/transport-settings.ts';
import { AdminServer } from './wire/admin-server.ts';
import { DRACHTIO_LIMITS, NO_LIMITS } from './wire/frame-limits.ts';
import { RouteTable } from './wire/route-table.ts';

export interface HostPort {
  host: string;
  /** 0: any free one. */
  port: number;
}

export interface EngineOptions {
  /** Each opens UDP and TCP on the same port. */
  sip: HostPort[];
  /** Where TLS listens, and with what. */
  sips?: HostPort[];
  tls?: TlsOptions;
  /** Where apps connect: keep it on loopback. */
  admin: HostPort;
  secret: string;
  /** Milliseconds; RFC 3261's for what is left out. */
  timers?: TimerOptions;
  /** Default on. */
  parity?: boolean;
  /** Time limits of the dialog layer, for tests. */
  limits?: Partial<Omit<DialogSettings, 'timers' | 'parity'>>;
  /** Against floods and dawdlers; the defaults for what is left out. */
  maxima?: Partial<Maxima>;
  /** Serves `/metrics` over HTTP where given. */
  metrics?: HostPort;
  resolver?: Resolver;
  log?: Log;
}

export interface RunningEngine {
  readonly sip: readonly ListeningAddress[];
  readonly admin: HostPort;
  readonly metrics: HostPort | undefined;
  /** Calls (early ones too) and requests without their final response; all 0 when nothing goes on. */
  readonly load: { dialogs: number; server: number; client: number };
  /** New calls get 503 from now on; resolves when the last call has ended. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

const silent: Log = { debug: () => undefined, warn: () => undefined };
const DRAIN_CHECK = 100;

/** Opens the SIP, admin and metrics sockets. Rejects, naming the address, where one cannot be had. */
export async function startEngine(options: EngineOptions): Promise<RunningEngine> {
  const parity = options.parity ?? true;
  const log = options.log ?? silent;
  const warn = (text: string, details: Record<string, unknown>): void => {
    log.warn(details, text);
  };
  const timers = completeTimers(engineTimers(options.timers ?? {}, parity));
  const layer = await createTransactionLayer({
    listeners: listenersOf(options),
    timers,
    log,
    tls: options.tls,
    maxima: options.maxima,
    // drachtio-server sends datagrams of any size.
    largeOverTcp: !parity,
  });
  const closers = [() => layer.close()];
  try {
    const metrics = new EngineMetrics();
    const routes = new RouteTable();
    const engine = new DialogEngine({
      layer,
      resolver: options.resolver ?? createResolver({ protocols: protocolsOf(layer.listening) }),
      apps: routes,
      store: new DialogStore(),
      settings: { ...defaultSettings, ...options.limits, parity, timers },
      tally: metrics.tally,
      warn,
    });
    closers.unshift(async () => {
      engine.close();
      return Promise.resolve();
    });
    const admin = new AdminServer({
      secret: options.secret,
      parity,
      limits: parity ? DRACHTIO_LIMITS : NO_LIMITS,
      hostports: () => hostports(layer.listening),
      handler: engine,
      routes,
      warn,
    });
    const { port } = await admin.listen(options.admin.host, options.admin.port);
    closers.unshift(() => admin.close());
    metrics.watch({ engine, layer, connections: () => admin.authenticated });
    const exporter =
      options.metrics === undefined ? undefined : await serveMetrics(metrics.registry, options.metrics);
    if (exporter !== undefined) closers.unshift(() => exporter.close());
    return {
      sip: layer.listening,
      admin: { host: options.admin.host, port },
      metrics: exporter?.address,
      get load() {
        return engine.load;
      },
      drain: async () => {
        engine.drain();
        while (engine.load.dialogs > 0 || engine.load.server > 0) await pause(DRAIN_CHECK);
      },
      close: () => closeAll(closers),
    };
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

function listenersOf({ sip, sips = [] }: EngineOptions): ListenerSpec[] {
  return [
    ...sip.flatMap((address): ListenerSpec[] => [
      { protocol: 'udp', ...address },
      { protocol: 'tcp', ...address },
    ]),
    ...sips.map((address): ListenerSpec => ({ protocol: 'tls', ...address })),
  ];
}

/** drachtio's stack repeats requests after 1 s first, twice T1. */
function engineTimers(timers: TimerOptions, parity: boolean): TimerOptions {
  return parity ? { firstRepeat: 2 * (timers.t1 ?? 500), ...timers } : timers;
}

function protocolsOf(listening: readonly ListeningAddress[]): ReadonlySet<Protocol> {
  return new Set(listening.map(({ protocol }) => protocol));
}

function hostports(listening: readonly ListeningAddress[]): string {
  return listening
    .map(
      ({ protocol, address, port }) =>
        `${protocol}/${address.includes(':') ? `[${address}]` : address}:${port}`,
    )
    .join(',');
}

async function closeAll(closers: (() => Promise<void>)[]): Promise<void> {
  for (const close of closers.splice(0)) await close();
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
