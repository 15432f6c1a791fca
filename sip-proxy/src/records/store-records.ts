// SPDX-License-Identifier: Apache-2.0
import type { CallRecord } from './call-record.ts';
import type { RecordStore } from './record-store.ts';

export interface Refused {
  record: CallRecord;
  why: string;
}

/**
 * Inserts all in one statement. Where the database refuses the data itself, halves go in one by one until the records
 * at fault stand alone: those come back, the others are stored. Throws where the database is the problem.
 */
export const storeRecords = async (
  store: Pick<RecordStore, 'insertMany'>,
  records: CallRecord[],
): Promise<Refused[]> => {
  try {
    await store.insertMany(records);
    return [];
  } catch (error) {
    if (!isDataError(error)) throw error;
    const [first] = records;
    if (records.length <= 1) return first ? [{ record: first, why: String(error) }] : [];
    const middle = Math.ceil(records.length / 2);
    const left = await storeRecords(store, records.slice(0, middle));
    return [...left, ...(await storeRecords(store, records.slice(middle)))];
  }
};

/** SQLSTATE classes 22 (data exception) and 23 (constraint): the same again tomorrow. All else may pass. */
const isDataError = (error: unknown): boolean => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^2[23]...$/.test(code);
};
