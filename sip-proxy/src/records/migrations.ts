// SPDX-License-Identifier: Apache-2.0
import type { Database } from './database.ts';
import { RecordStoreError } from './record-store-error.ts';

/** In order; never changed once released, only added to. Version = position + 1. */
const MIGRATIONS: readonly string[] = [
  `create table calls (
     sid text collate "C" primary key,
     call_id text not null,
     edge text not null,
     direction text,
     account_sid text,
     namespace text,
     trunk_sid text,
     trunk text,
     from_number text not null,
     to_number text not null,
     source jsonb not null,
     started_at timestamptz not null,
     ringing_at timestamptz,
     answered_at timestamptz,
     ended_at timestamptz not null,
     duration integer not null,
     status text not null,
     sip_status integer not null,
     outcome_code text not null,
     hung_up_by text,
     trace jsonb not null,
     attempts jsonb not null,
     ladder jsonb not null,
     media jsonb,
     warnings jsonb not null
   );
   create index calls_started_at on calls (started_at);
   create index calls_call_id on calls (call_id);
   create index calls_trunk on calls (namespace, trunk, started_at);
   create index calls_from on calls (from_number, started_at);
   create index calls_to on calls (to_number, started_at);
   create index calls_outcome on calls (outcome_code, started_at);`,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** Any number, the same in every release: two processes that start at once migrate one after the other. */
const LOCK = 7_246_201;

/**
 * Brings the schema to this release's version, in one transaction.
 * Throws `RecordStoreError` `newer-schema` where a later release has been here.
 */
export const migrate = async (
  database: Database,
  migrations: readonly string[] = MIGRATIONS,
): Promise<void> => {
  await database.transaction(async (query) => {
    await query(`select pg_advisory_xact_lock(${LOCK})`);
    await query(`create table if not exists trunkline_schema (
      version integer primary key, applied_at timestamptz not null default now())`);
    const [found] = await query<{ version: number }>(
      'select coalesce(max(version), 0) as version from trunkline_schema',
    );
    const current = found?.version ?? 0;
    if (current > migrations.length) {
      throw new RecordStoreError(
        'newer-schema',
        `the record database has schema version ${current}, this release knows up to ${migrations.length}: use the newer release`,
      );
    }
    for (const [index, script] of migrations.entries()) {
      if (index + 1 <= current) continue;
      for (const statement of script.split(';')) if (statement.trim() !== '') await query(statement);
      await query('insert into trunkline_schema (version) values ($1)', [index + 1]);
    }
  });
};
