// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { watchFolder, type FolderWatch } from './folder-watch.ts';

/** No poll within a test: what is seen comes from events. */
const TIMING = { quietMs: 20, longestMs: 200, pollMs: 3_600_000 };

describe('watchFolder', () => {
  let scratch: string;
  let folder: string;
  let watched: FolderWatch;
  let looks: number;
  let onLook: () => void;

  const open = async (path: string) => {
    watched = watchFolder(
      path,
      () => {
        looks += 1;
        onLook();
        return Promise.resolve();
      },
      TIMING,
    );
    await look(() => undefined);
  };
  /** Resolves when it looks after the change, and then waits until no more is to come of it. */
  const look = async (change: () => void) => {
    const looked = Promise.withResolvers<undefined>();
    onLook = () => {
      looked.resolve(undefined);
    };
    change();
    await looked.promise;
    let before: number;
    do {
      before = looks;
      await wait(100);
    } while (before !== looks);
  };
  const put = (path: string) => {
    writeFileSync(path, 'x');
  };

  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'tl-watch-'));
    folder = join(scratch, 'manifests');
    mkdirSync(folder);
    put(join(folder, 'a.yaml'));
    looks = 0;
  });
  afterEach(() => {
    watched.close();
    rmSync(scratch, { recursive: true });
  });

  const renameOver = (path: string) => {
    put(join(scratch, 'new'));
    renameSync(join(scratch, 'new'), path);
  };

  it('sees a file written in place, and replaced by a rename again and again', async () => {
    await open(folder);
    for (let times = 0; times < 3; times += 1) {
      await look(() => {
        put(join(folder, 'a.yaml'));
      });
      await look(() => {
        renameOver(join(folder, 'a.yaml'));
      });
    }
  });

  it('sees what comes and goes, in folders that came later too', async () => {
    await open(folder);
    await look(() => {
      put(join(folder, 'b.yaml'));
    });
    await look(() => {
      rmSync(join(folder, 'b.yaml'));
    });
    for (let times = 0; times < 2; times += 1) {
      await look(() => {
        mkdirSync(join(folder, 'below', 'further'), { recursive: true });
      });
      await look(() => {
        renameOver(join(folder, 'below', 'further', 'c.yaml'));
      });
      await look(() => {
        renameOver(join(folder, 'below', 'further', 'c.yaml'));
      });
      await look(() => {
        rmSync(join(folder, 'below'), { recursive: true });
      });
    }
  });

  it('sees a single file replaced', async () => {
    await open(join(folder, 'a.yaml'));
    await look(() => {
      renameOver(join(folder, 'a.yaml'));
    });
    await look(() => {
      renameOver(join(folder, 'a.yaml'));
    });
  });

  it('looks no more once it is closed', async () => {
    await open(folder);
    watched.close();
    const before = looks;
    put(join(folder, 'a.yaml'));
    await wait(100);
    expect(looks).toBe(before);
  });
});
