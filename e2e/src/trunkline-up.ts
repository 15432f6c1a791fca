// SPDX-License-Identifier: Apache-2.0
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  openRecordSocket,
  recordPaths,
  type CallRecord,
  type RecordFilter,
} from '@trunkline/sip-proxy/records';
import { onDrachtio, startDrachtio, type Drachtio } from './drachtio.ts';
import { eventually } from './eventually.ts';
import { mediaPortRange } from './media-ports.ts';
import { sumByName } from './metrics-page.ts';
import { startProgram, type Program } from './program.ts';
import { manifestText, type Resource } from './resources.ts';
import { startRtpengine, type Rtpengine } from './rtpengine.ts';
import type { Place } from './sip/index.ts';

export type MediaBackend = 'embedded' | 'rtpengine';

export const TRUNKLINE = fileURLToPath(new URL('../../cli/bin/trunkline', import.meta.url));

export interface TrunklineOptions {
  /** Resources, or a directory to copy. */
  manifests: Resource[] | string;
  /** Default `embedded`. */
  media?: MediaBackend;
  /** Where SIP listens. Default `127.0.0.1:0`. */
  sip?: string;
  /** Media ports; four for each call. Default 800. */
  mediaPorts?: number;
  /** Where rtpengine has them; the embedded relay has them where SIP listens. Default 127.0.0.1. */
  mediaAddress?: string;
  /** Seconds between OPTIONS to each target. Default 0, none: SIPp takes one for a call that went wrong. */
  probeInterval?: number;
  /** More flags of `trunkline up`. */
  args?: string[];
  /** More flags of rtpengine; the last one of a name counts. */
  rtpengineArgs?: string[];
  env?: NodeJS.ProcessEnv;
}

/** What the programs say goes on now; all zero when nothing does. */
export interface Gauges {
  /** Calls in the proxy. */
  proxy: number;
  /** Dialogs in the engine, and requests without their final response; zero with drachtio-server, which does not tell. */
  engine: number;
  transactions: number;
  /** Media sessions that the proxy knows, and those that the media node has. */
  sessions: number;
  media: number;
  /** Records in memory, and spool files that are not stored. */
  records: number;
}

export interface Trunkline {
  readonly sip: Place;
  /** Where TLS listens; undefined without `--sips`. */
  readonly sips: Place | undefined;
  readonly metricsUrl: string;
  readonly dataDir: string;
  /** The copy that it reads. */
  readonly manifestDir: string;
  readonly rtpengine: Rtpengine | undefined;
  /** By program: `trunkline`, `sip-engine`, `sip-proxy`, `media-relay`, `rtpengine`. */
  readonly pids: Record<string, number>;
  /** Everything that it has said. */
  log(): string;
  /** Writes or replaces one file, in one step. */
  writeManifest(file: string, content: Resource[] | string): void;
  removeManifest(file: string): void;
  /** Resolves when the change written last is in force. A change that makes no difference to calls has no end. */
  waitApplied(): Promise<void>;
  /** `trunkline calls --json`, newest first. */
  calls(filter?: RecordFilter): Promise<CallRecord[]>;
  /** The command itself, with this data folder. */
  run(...argv: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }>;
  /** The record of a call, by SIP Call-ID of the caller's leg or by SID; waits until it is stored. */
  record(id: string, timeoutMs?: number): Promise<CallRecord>;
  gauges(): Promise<Gauges>;
  /** Resolves when all gauges are zero. Rejects after `timeoutMs` (15,000) and says which are not. */
  expectIdle(timeoutMs?: number): Promise<void>;
  /** SIGINT; rejects where the exit code is not 0. Removes what it wrote. */
  stop(): Promise<void>;
}

interface ReadyLine {
  event: 'ready';
  sip: { udp: string; tls?: string };
  metrics: string;
  media: string;
  pids: Record<string, number>;
}

const START_MS = 85_000;

/** A real `trunkline up` on ephemeral ports, with a data folder of its own. */
export const startTrunkline = async (options: TrunklineOptions): Promise<Trunkline> => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-up-'));
  const manifestDir = join(folder, 'manifests');
  const dataDir = join(folder, 'data');
  mkdirSync(manifestDir);
  if (typeof options.manifests === 'string') cpSync(options.manifests, manifestDir, { recursive: true });
  else writeFileSync(join(manifestDir, 'all.yaml'), manifestText(options.manifests));

  const drachtio = onDrachtio ? await startDrachtio({ address: sipAddress(options) }) : undefined;
  const rtpengine =
    options.media === 'rtpengine'
      ? await startRtpengine({
          ports: options.mediaPorts,
          address: options.mediaAddress,
          args: options.rtpengineArgs,
        })
      : undefined;
  return launchTrunkline({
    args: upArguments(options, { manifestDir, dataDir, rtpengine, drachtio }),
    env: options.env,
    manifestDir,
    dataDir,
    rtpengine,
    drachtio,
    clear: async () => {
      await rtpengine?.stop();
      await drachtio?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  });
};

/** `trunkline up` with exactly these arguments, which must include `--json`. */
export const launchTrunkline = async (
  launch: Launch,
): Promise<Trunkline & { readonly exited: Promise<number> }> => {
  const program = startProgram({
    command: TRUNKLINE,
    args: launch.args,
    env: { ...launch.env, TRUNKLINE_CHILD: '1' },
  });
  try {
    const ready = await program.line(readyLine, START_MS);
    return new RunningTrunkline({ ...launch, program, ready });
  } catch (error) {
    await program.stop('SIGINT');
    await launch.clear?.();
    throw error;
  }
};

interface Folders {
  manifestDir: string;
  dataDir: string;
  rtpengine?: Rtpengine | undefined;
  drachtio?: Drachtio | undefined;
}

const sipAddress = ({ sip = '127.0.0.1:0' }: TrunklineOptions): string => placeOf(sip).address;

const upArguments = (options: TrunklineOptions, folders: Folders): string[] => {
  const { manifestDir, dataDir, rtpengine, drachtio } = folders;
  const { min, max } = mediaPortRange(options.mediaPorts);
  const media = rtpengine
    ? ['--media', `ng://${rtpengine.ng.address}:${rtpengine.ng.port}`]
    : ['--media-ports', `${min}-${max}`];
  const sip = drachtio ? ['--engine', drachtio.url] : ['--sip', options.sip ?? '127.0.0.1:0'];
  return [
    'up',
    '-f',
    manifestDir,
    '--data',
    dataDir,
    ...sip,
    '--metrics',
    '127.0.0.1:0',
    '--json',
    '--probe-interval',
    `${options.probeInterval ?? 0}`,
    ...media,
    ...(options.args ?? []),
  ];
};

const readyLine = (line: string): ReadyLine | undefined => {
  if (!line.startsWith('{')) return undefined;
  const parsed = JSON.parse(line) as Partial<ReadyLine>;
  return parsed.event === 'ready' ? (parsed as ReadyLine) : undefined;
};

const placeOf = (hostPort: string): Place => {
  const colon = hostPort.lastIndexOf(':');
  return {
    address: hostPort.slice(0, colon).replaceAll(/[[\]]/g, ''),
    port: Number(hostPort.slice(colon + 1)),
  };
};

export interface Launch extends Folders {
  args: string[];
  env?: NodeJS.ProcessEnv | undefined;
  /** Called when it has ended. */
  clear?: () => Promise<void>;
}

interface Parts extends Launch {
  program: Program;
  ready: ReadyLine;
}

class RunningTrunkline implements Trunkline {
  readonly sip: Place;
  readonly sips: Place | undefined;
  readonly metricsUrl: string;
  readonly dataDir: string;
  readonly manifestDir: string;
  readonly rtpengine: Rtpengine | undefined;
  readonly pids: Record<string, number>;
  readonly #program: Program;
  readonly #clear: (() => Promise<void>) | undefined;
  readonly #drachtio: Drachtio | undefined;
  #appliedBefore = 0;

  constructor({ program, ready, manifestDir, dataDir, rtpengine, drachtio, clear }: Parts) {
    this.sip = drachtio?.sip ?? placeOf(ready.sip.udp);
    this.sips = ready.sip.tls === undefined ? undefined : placeOf(ready.sip.tls);
    this.metricsUrl = `http://${ready.metrics}/metrics`;
    this.dataDir = dataDir;
    this.manifestDir = manifestDir;
    this.rtpengine = rtpengine;
    this.pids = { trunkline: program.pid, ...ready.pids, ...(rtpengine ? { rtpengine: rtpengine.pid } : {}) };
    this.#program = program;
    this.#clear = clear;
    this.#drachtio = drachtio;
  }

  /** Its exit code, when it has ended. */
  get exited(): Promise<number> {
    return this.#program.exited;
  }

  log(): string {
    return this.#program.stderr;
  }

  writeManifest(file: string, content: Resource[] | string): void {
    this.#appliedBefore = this.#applied();
    const temporary = `${this.manifestDir}.${file}`;
    writeFileSync(temporary, typeof content === 'string' ? content : manifestText(content));
    renameSync(temporary, join(this.manifestDir, file));
  }

  removeManifest(file: string): void {
    this.#appliedBefore = this.#applied();
    rmSync(join(this.manifestDir, file));
  }

  async waitApplied(): Promise<void> {
    await eventually('the manifests to be applied', () => this.#applied() > this.#appliedBefore).catch(
      (error: unknown) => {
        throw new Error(`${(error as Error).message}; it said:\n${this.log().slice(-2_000)}`);
      },
    );
  }

  async calls(filter: RecordFilter = {}): Promise<CallRecord[]> {
    const { since, limit = 10_000, ...texts } = filter;
    const flags = Object.entries({
      ...texts,
      limit: `${limit}`,
      ...(since ? { since: since.toISOString() } : {}),
    });
    const { exitCode, stdout, stderr } = await this.run(
      'calls',
      '--json',
      ...flags.flatMap(([name, value]) => [`--${name}`, value]),
    );
    if (exitCode !== 0) throw new Error(`trunkline calls ended with ${exitCode}: ${stderr}`);
    return JSON.parse(stdout) as CallRecord[];
  }

  async run(...argv: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
    const [command = '', ...rest] = argv;
    const data = command === 'calls' ? ['--data', this.dataDir] : [];
    const program = startProgram({ command: TRUNKLINE, args: [command, ...data, ...rest] });
    const exitCode = await program.exited;
    return { exitCode, stdout: program.stdout, stderr: program.stderr };
  }

  async record(id: string, timeoutMs = 10_000): Promise<CallRecord> {
    const reader = await openRecordSocket(recordPaths(this.dataDir).socket);
    if (!reader) throw new Error(`nobody serves the call records of ${this.dataDir}`);
    return eventually(`the record of call ${id}`, () => reader.get(id), { timeoutMs, everyMs: 25 });
  }

  async gauges(): Promise<Gauges> {
    const response = await fetch(this.metricsUrl);
    const sums = sumByName(await response.text());
    const sum = (name: string): number => {
      const value = sums[name];
      if (value !== undefined) return value;
      if (this.#drachtio && name.startsWith('trunkline_engine_')) return 0;
      throw new Error(`${this.metricsUrl} has no ${name}`);
    };
    return {
      proxy: sum('trunkline_proxy_calls_active'),
      engine: sum('trunkline_engine_dialogs') + sum('trunkline_engine_waiting_for_app'),
      transactions: sum('trunkline_engine_transactions'),
      sessions: sum('trunkline_media_sessions_active'),
      media: this.rtpengine ? await this.rtpengine.calls() : sum('trunkline_relay_sessions'),
      records: sum('trunkline_records_queued') + sum('trunkline_spool_files_pending'),
    };
  }

  async expectIdle(timeoutMs = 15_000): Promise<void> {
    let last: Gauges | undefined;
    const idle = async () => {
      last = await this.gauges();
      return Object.values(last).every((value) => value === 0);
    };
    await eventually('idle', idle, { timeoutMs, everyMs: 100 }).catch(() => {
      throw new Error(`not idle after ${timeoutMs} ms: ${JSON.stringify(last)}`);
    });
  }

  async stop(): Promise<void> {
    const exitCode = await this.#program.stop('SIGINT', 15_000);
    const said = this.log();
    await this.#clear?.();
    if (exitCode !== 0)
      throw new Error(`trunkline up ended with ${exitCode}; it said:\n${said.slice(-4_000)}`);
  }

  /** How often it has said that a change is in force. */
  #applied(): number {
    return this.log().split('applied revision').length - 1;
  }
}
