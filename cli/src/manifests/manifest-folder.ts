// SPDX-License-Identifier: Apache-2.0
import { loadManifests, type LoadedManifests, type ManifestFile } from '@trunkline/crds';

/** A look at the files. */
export interface FolderState extends LoadedManifests {
  /** Broken files whose last good state is in force. */
  kept: string[];
}

/**
 * Manifest files over time. A file with an error keeps what it last said without one; the other files apply. A file
 * that was never good counts with what is sound in it.
 */
export class ManifestFolder {
  #good = new Map<string, ManifestFile>();
  #checked = new Map<string, { text: string; broken: boolean }>();

  update(files: readonly ManifestFile[]): FolderState {
    const kept: string[] = [];
    const effective: ManifestFile[] = [];
    const brokenFiles: ManifestFile[] = [];
    for (const file of files) {
      const broken = this.#isBroken(file);
      if (broken) brokenFiles.push(file);
      else this.#good.set(file.path, file);
      const good = this.#good.get(file.path);
      if (broken && good) kept.push(file.path);
      effective.push(good ?? file);
    }
    this.#forget(new Set(files.map((file) => file.path)));
    const { resources, problems, locate } = loadManifests(effective);
    const others = problems.filter((problem) => !brokenFiles.some((file) => file.path === problem.file));
    const broken = brokenFiles.flatMap((file) => loadManifests([file]).problems);
    return { resources, problems: [...others, ...broken], locate, kept };
  }

  #isBroken(file: ManifestFile): boolean {
    const checked = this.#checked.get(file.path);
    if (checked?.text === file.text) return checked.broken;
    const broken = loadManifests([file]).problems.some((problem) => problem.severity === 'error');
    this.#checked.set(file.path, { text: file.text, broken });
    return broken;
  }

  #forget(present: Set<string>): void {
    for (const path of this.#checked.keys()) {
      if (present.has(path)) continue;
      this.#checked.delete(path);
      this.#good.delete(path);
    }
  }
}
