// SPDX-License-Identifier: Apache-2.0
import type { Command } from '../io.ts';

function later(what: string): Command {
  return (_argv, io) => {
    io.stderr.write(`${what}\n`);
    return Promise.resolve(2);
  };
}

/** `trunkline usage`. */
export const usageCommand = later(
  'trunkline usage comes with the release that prices calls (RateDeck); until then: trunkline calls --json',
);
