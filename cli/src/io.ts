// SPDX-License-Identifier: Apache-2.0

/** The world as a command sees it; `process` is one. */
export interface Io {
  stdout: { write(text: string): unknown; isTTY?: boolean; columns?: number };
  stderr: { write(text: string): unknown; isTTY?: boolean };
  env: Record<string, string | undefined>;
}

/** Runs with the arguments after its name; gives the exit code. Throws `UsageError` for wrong flags. */
export type Command = (argv: string[], io: Io) => Promise<number>;

/** An entry of `trunkline help`. */
export interface CommandEntry {
  /** One line. */
  summary: string;
  /** Flags as in `trunkline help NAME`; lines below one another. */
  usage: string;
  load: () => Promise<Command>;
}

export type CommandTable = Record<string, CommandEntry>;
