// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from 'node:fs';
import { recordPaths } from '@trunkline/sip-proxy/records';
import type { Io } from '../io.ts';
import { folderSettings } from '../manifests/compiled-folder.ts';
import { DEFAULT_WATCH_TIMING, watchFolder, type FolderWatchTiming } from '../manifests/folder-watch.ts';
import { CommandError } from '../usage-error.ts';
import { openCallRecords, type CallRecords } from './call-records.ts';
import { certificateFor, type CertificateFiles } from './certificate.ts';
import { consoleFor, type Console } from './console-log.ts';
import { openDataFolder, randomSecret, type DataFolder } from './data-folder.ts';
import { checkSipAddress } from './free-port.ts';
import { LiveConfig } from './live-config.ts';
import { ManifestFollower } from './manifest-follower.ts';
import { serveMetrics, type MetricsServer } from './metrics-server.ts';
import type { UpOptions } from './options.ts';
import { ownMetrics, type OwnMetrics } from './own-metrics.ts';
import { metricsAddresses, startPrograms, type RunningPrograms } from './programs-running.ts';
import { SCRIPTS, type ProgramScripts } from './programs.ts';
import { readyJson, readyText } from './ready-report.ts';
import type { SupervisedProgram } from './supervised-program.ts';
import { DEFAULT_TIMING, type ProgramEvents, type RestartTiming } from './supervised-program.ts';

/** What tests put other things in place of. */
export interface UpSurroundings {
  scripts: ProgramScripts;
  timing: RestartTiming;
  watch: FolderWatchTiming;
}

export const REAL_SURROUNDINGS: UpSurroundings = {
  scripts: SCRIPTS,
  timing: DEFAULT_TIMING,
  watch: DEFAULT_WATCH_TIMING,
};

/** Records that wait for a database that is away stay in the spool. */
const FLUSH_MS = 10_000;
const FLUSH_AT_ONCE_MS = 2_000;

/** A running `trunkline up`. */
export class UpSession {
  readonly #options: UpOptions;
  readonly #io: Io;
  readonly #surroundings: UpSurroundings;
  readonly #console: Console;
  /** Everything that was started, in that order; a stop goes the other way. */
  readonly #programs: SupervisedProgram[] = [];
  readonly #closers: (() => Promise<void> | void)[] = [];
  readonly #stopping = new AbortController();
  #starting: Promise<void> = Promise.resolve();
  #ended: Promise<void> | undefined;
  #atOnce = false;
  #metrics: OwnMetrics | undefined;
  #records: CallRecords | undefined;

  constructor(options: UpOptions, io: Io, surroundings: UpSurroundings = REAL_SURROUNDINGS) {
    this.#options = options;
    this.#io = io;
    this.#surroundings = surroundings;
    this.#console = consoleFor(io, options);
  }

  get isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Starts everything and prints `ready`. Throws `CommandError`; what was started by then is ended by `stop`. */
  start(): Promise<void> {
    this.#starting = this.#start();
    return this.#starting;
  }

  /**
   * `drain`: no new calls, ends when the last call has ended; asked again, or `now`: at once. Resolves when nothing
   * is left running.
   */
  stop(how: 'drain' | 'now'): Promise<void> {
    if (how === 'now' || this.isStopping) this.#atOnce = true;
    else this.#console.say('draining: no new calls; ends when the last call has ended');
    this.#stopping.abort();
    if (this.#atOnce) for (const program of this.#programs) void program.stop('SIGINT');
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #start(): Promise<void> {
    const { path, baseDomain, notices, sip, engine } = this.#options;
    for (const notice of notices) this.#console.warn(notice);
    const data = this.#openData();
    const config = new LiveConfig(folderSettings(baseDomain), data.shards);
    const stopping = this.#stopping.signal;
    const follower = new ManifestFollower({
      path,
      shards: data.shards,
      config,
      console: this.#console,
      stopping,
    });
    await follower.begin();
    if (!engine) await checkSipAddress(sip, '--sip');
    const domains = config.terminationDomains().map(({ domain }) => domain);
    const certificate = await certificateFor(this.#options, data.path, domains);
    const metrics = await this.#serveMetrics(config, follower);
    stopping.throwIfAborted();
    const [programs] = await settled(this.#startPrograms(data, certificate), this.#openRecords(data));
    await follower.acknowledged();
    stopping.throwIfAborted();
    const watcher = watchFolder(path, () => follower.follow(), this.#surroundings.watch);
    this.#closers.push(() => {
      watcher.close();
    });
    const { revision } = follower;
    const facts = { options: this.#options, programs, metrics, config, data, certificate, revision };
    this.#io.stdout.write(this.#options.json ? readyJson(facts) : readyText(facts));
  }

  /** The proxy first: it needs the others as long as it has calls. */
  async #end(): Promise<void> {
    await this.#endPrograms();
    await Promise.allSettled([this.#starting]);
    await this.#endPrograms();
    await this.#records?.close(this.#atOnce ? FLUSH_AT_ONCE_MS : FLUSH_MS);
    for (const close of this.#closers.toReversed()) await close();
  }

  async #endPrograms(): Promise<void> {
    for (const program of this.#programs.toReversed())
      await program.stop(this.#atOnce ? 'SIGINT' : 'SIGTERM');
  }

  #openData(): DataFolder {
    const data = openDataFolder(this.#options.data);
    this.#closers.push(() => {
      data.release();
    });
    data.writeSecret(this.#options.engine?.secret ?? randomSecret());
    mkdirSync(recordPaths(data.path).spool, { recursive: true, mode: 0o700 });
    return data;
  }

  async #openRecords(data: DataFolder): Promise<void> {
    this.#records = await openCallRecords(data.path, this.#options.database, this.#console);
  }

  async #serveMetrics(config: LiveConfig, follower: ManifestFollower): Promise<MetricsServer | undefined> {
    const own = ownMetrics({
      resources: () => config.resources,
      problems: () => follower.problems,
      pendingRecords: () => this.#records?.pending ?? 0,
    });
    this.#metrics = own;
    if (!this.#options.metrics) return undefined;
    const server = await serveMetrics(this.#options.metrics, {
      own: own.page,
      programs: () => metricsAddresses(this.#programs),
      ailments: () => this.#ailments(),
    });
    this.#closers.push(() => server.close());
    return server;
  }

  #ailments(): string[] {
    const down = this.#programs
      .filter((program) => !program.serving)
      .map((program) => `${program.name} is down`);
    if (this.isStopping) return ['stopping', ...down];
    return this.#programs.length === 0 ? ['starting'] : down;
  }

  async #startPrograms(
    data: DataFolder,
    certificate: CertificateFiles | undefined,
  ): Promise<RunningPrograms> {
    const { scripts, timing } = this.#surroundings;
    try {
      return await startPrograms({
        options: this.#options,
        data,
        certificate,
        scripts,
        timing,
        events: this.#events(),
        starting: (program) => {
          this.#stopping.signal.throwIfAborted();
          this.#programs.push(program);
        },
      });
    } catch (error) {
      throw new CommandError((error as Error).message);
    }
  }

  #events(): ProgramEvents {
    return {
      log: this.#console.log,
      died: (program, how, wait) => {
        this.#console.warn(`${program} died (${how}); starting it again in ${wait} ms`);
        this.#metrics?.restarted(program);
      },
      back: (program) => {
        this.#console.warn(`${program} is back`);
      },
    };
  }
}

/** Both; the first failure once both have come to an end, so that nothing comes up behind a stop's back. */
async function settled<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}
