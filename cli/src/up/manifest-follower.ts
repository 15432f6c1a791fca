// SPDX-License-Identifier: Apache-2.0
import { formatProblem, type Problem } from '@trunkline/crds';
import { waitForAcks } from '@trunkline/operator';
import { findingProblems, byPlace } from '../manifests/finding-problems.ts';
import { readManifests } from '../manifests/compiled-folder.ts';
import { ManifestFolder, type FolderState } from '../manifests/manifest-folder.ts';
import type { Console } from './console-log.ts';
import type { LiveConfig, Published } from './live-config.ts';
import { PROXY_INSTANCE } from './programs.ts';

/** How long a change may take in the proxy before we say that it does. */
const ACK_TIMEOUT_MS = 10_000;

export interface FollowerOptions {
  path: string;
  shards: string;
  config: LiveConfig;
  console: Console;
  /** Aborted when everything ends. */
  stopping: AbortSignal;
}

/** Brings the directory of manifests into force, again and again, and says what is wrong with it. */
export class ManifestFollower {
  readonly #options: FollowerOptions;
  readonly #folder = new ManifestFolder();
  #said = new Set<string>();
  #unreadable = false;
  #published: Published | undefined;
  problems = 0;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** First look, before anything runs. Throws `CommandError` where the directory cannot be read. */
  async begin(): Promise<void> {
    await this.#apply(this.#folder.update(await readManifests(this.#options.path)));
  }

  /** Looks again; does nothing where nothing has changed. Never throws. */
  async follow(): Promise<void> {
    const { console, path, config } = this.#options;
    try {
      const changed = await this.#apply(this.#folder.update(await readManifests(path)));
      this.#unreadable = false;
      if (!changed || !(await this.acknowledged())) return;
      console.say(`applied revision ${this.#published?.revision ?? ''} (${config.resources} resources)`);
    } catch (error) {
      if (!this.#unreadable) console.warn(`${(error as Error).message}; what was applied stays in force`);
      this.#unreadable = true;
    }
  }

  get revision(): string {
    return this.#published?.revision ?? '';
  }

  /** True once the proxy has applied what is published; false where it takes too long, which is said, or at the end. */
  async acknowledged(): Promise<boolean> {
    const late = AbortSignal.timeout(ACK_TIMEOUT_MS);
    const signal = AbortSignal.any([late, this.#options.stopping]);
    try {
      await waitForAcks(this.#options.shards, this.#published?.revisions ?? {}, [PROXY_INSTANCE], signal);
      return true;
    } catch (error) {
      if (!signal.aborted) throw error;
      if (late.aborted) {
        this.#options.console.warn(
          `the proxy has not applied revision ${this.revision} after ${ACK_TIMEOUT_MS / 1000} s; its log says why (--verbose)`,
        );
      }
      return false;
    }
  }

  async #apply(state: FolderState): Promise<boolean> {
    const { config } = this.#options;
    const published = await config.apply(state.resources);
    const changed = published.changed.length > 0;
    this.#published = published;
    const found = findingProblems(config.findings(), state);
    this.#report([...state.problems, ...found].sort(byPlace), state.kept);
    return changed;
  }

  /** Says what is new; what was said and still holds is not repeated. */
  #report(problems: Problem[], kept: string[]): void {
    const lines = [
      ...problems.map(formatProblem),
      ...kept.map((file) => `${file} is broken: its last good state stays in force, the other files apply`),
    ];
    for (const line of lines) if (!this.#said.has(line)) this.#options.console.warn(line);
    if (lines.length === 0 && this.#said.size > 0) this.#options.console.say('no problems are left');
    this.#said = new Set(lines);
    this.problems = problems.length;
  }
}
