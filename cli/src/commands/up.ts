// SPDX-License-Identifier: Apache-2.0
import type { Command, Io } from '../io.ts';
import { parseUpOptions, type UpOptions } from '../up/options.ts';
import { REAL_SURROUNDINGS, UpSession, type UpSurroundings } from '../up/session.ts';

/** Where stop signals come from; `process` is one. */
export interface Signals {
  on(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  off(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
}

/** `trunkline up`: runs until it is stopped. */
export const upCommand: Command = (argv, io) => runUp(parseUpOptions(argv), io, process);

/** Resolves with 0 when it was stopped; throws `CommandError` where it cannot start. Leaves nothing running. */
export async function runUp(
  options: UpOptions,
  io: Io,
  signals: Signals,
  surroundings: UpSurroundings = REAL_SURROUNDINGS,
): Promise<number> {
  const session = new UpSession(options, io, surroundings);
  const stopped = Promise.withResolvers<undefined>();
  const stopBy = (how: 'drain' | 'now') => (): void => {
    void session.stop(how).then(() => {
      stopped.resolve(undefined);
    });
  };
  const [onTerm, onInt] = [stopBy('drain'), stopBy('now')];
  signals.on('SIGTERM', onTerm);
  signals.on('SIGINT', onInt);
  try {
    await session.start();
    await stopped.promise;
  } catch (error) {
    // A stop during the start makes the start fail; that is no mistake of anyone's.
    const wanted = session.isStopping;
    await session.stop('now');
    if (!wanted) throw error;
  } finally {
    signals.off('SIGTERM', onTerm);
    signals.off('SIGINT', onInt);
  }
  return 0;
}
