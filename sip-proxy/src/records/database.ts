// SPDX-License-Identifier: Apache-2.0

/** Runs one statement; rows as objects by column name. */
export type Query = <Row>(text: string, params?: unknown[]) => Promise<Row[]>;

/** The little that the record store asks of PGlite and of PostgreSQL alike. */
export interface Database {
  query: Query;
  /** Commits when `work` resolves, rolls back when it rejects. */
  transaction(work: (query: Query) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}
