// SPDX-License-Identifier: Apache-2.0

/** Something that reads bytes of strangers. */
export interface Target {
  name: string;
  /** What its inputs are made from. */
  seeds: readonly Buffer[];
  /** Reads the input and checks what was read. Anything thrown is a finding. Whether it could be read. */
  run(input: Buffer): boolean;
}

/** Runs `read`; an error of `kind` is an answer, any other a finding. */
export const allowing = <T>(
  kind: abstract new (...parameters: never[]) => Error,
  read: () => T,
): T | undefined => {
  try {
    return read();
  } catch (error) {
    if (error instanceof kind) return undefined;
    throw error;
  }
};

/** A finding where the two differ. */
export const same = (what: string, one: string | Buffer, other: string | Buffer): void => {
  if (Buffer.from(one).equals(Buffer.from(other))) return;
  throw new Error(`${what} differs:\n${JSON.stringify(String(one))}\n${JSON.stringify(String(other))}`);
};
