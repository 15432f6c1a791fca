// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import { startDrachtio } from '../src/drachtio.ts';
import { isInstalled, startProgram } from '../src/program.ts';
import type { Place } from '../src/sip/index.ts';

/** Which of the three the recordings are about. */
export type EngineKind = 'drachtio' | 'sip-engine with parity' | 'sip-engine without parity';

/** One engine, at work. */
export interface EngineUnderTest {
  readonly kind: EngineKind;
  readonly admin: { host: string; port: number; secret: string };
  readonly sip: Place;
  stop(): Promise<void>;
}

export interface EngineToTest {
  kind: EngineKind;
  /** Whoever starts it stops it. */
  start: () => Promise<EngineUnderTest>;
  /** There is this one, and it cannot be started again. */
  single?: true;
}

/** Timers B, F and H: as `trunkline up` has them, and the configuration that we ship. */
export const T1X64_MS = 4_000;

const SECRET = 'parity';

const SIP_ENGINE = fileURLToPath(new URL('../../sip-engine/src/main.ts', import.meta.url));

/**
 * A real drachtio-server where `DRACHTIO_URL` names one or `drachtio` is on PATH, else the two faces of sip-engine. Its timers must
 * be those of the configuration that we ship.
 */
export const enginesToTest = (): EngineToTest[] => {
  const own = (['sip-engine with parity', 'sip-engine without parity'] as const).map((kind) => ({
    kind,
    start: () => startSipEngine(kind),
  }));
  const url = process.env.DRACHTIO_URL;
  if (url !== undefined)
    return [{ kind: 'drachtio', single: true, start: () => Promise.resolve(drachtioAt(url)) }, ...own];
  if (isInstalled('drachtio')) return [{ kind: 'drachtio', start: startReal }, ...own];
  return own;
};

const startSipEngine = async (kind: EngineKind): Promise<EngineUnderTest> => {
  const program = startProgram({
    command: process.execPath,
    args: [
      ...[
        '--disable-warning=ExperimentalWarning',
        SIP_ENGINE,
        '--sip',
        '127.0.0.1:0',
        '--admin',
        '127.0.0.1:0',
      ],
      ...['--secret', SECRET, '--t1x64', `${T1X64_MS}`, '--log-level', 'warn'],
      ...['--parity', kind === 'sip-engine with parity' ? 'on' : 'off'],
    ],
    env: { TRUNKLINE_CHILD: '1' },
  });
  const ready = await program.line(readyLine);
  return {
    kind,
    admin: { ...hostPort(ready.admin), secret: SECRET },
    sip: { address: '127.0.0.1', port: ready.sip.find(({ protocol }) => protocol === 'udp')?.port ?? 0 },
    stop: async () => {
      await program.stop();
    },
  };
};

interface ReadyLine {
  admin: string;
  sip: { protocol: string; port: number }[];
}

const readyLine = (line: string): ReadyLine | undefined => {
  const parsed = line.startsWith('{') ? (JSON.parse(line) as { event?: string }) : {};
  return parsed.event === 'ready' ? (parsed as unknown as ReadyLine) : undefined;
};

const startReal = async (): Promise<EngineUnderTest> => {
  const drachtio = await startDrachtio();
  return { kind: 'drachtio', admin: drachtio.admin, sip: drachtio.sip, stop: () => drachtio.stop() };
};

/** `drachtio://127.0.0.1:9022?secret=..&sip=127.0.0.1:5060` */
const drachtioAt = (text: string): EngineUnderTest => {
  const url = new URL(text);
  const sip = hostPort(url.searchParams.get('sip') ?? '127.0.0.1:5060');
  return {
    kind: 'drachtio',
    admin: {
      host: url.hostname,
      port: Number(url.port || '9022'),
      secret: url.searchParams.get('secret') ?? '',
    },
    sip: { address: sip.host, port: sip.port },
    stop: () => Promise.resolve(),
  };
};

const hostPort = (text: string): { host: string; port: number } => {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
};
