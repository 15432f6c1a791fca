// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { targetAddress, type CarrierEntry, type TargetPlace, type TargetReport } from '@trunkline/crds';
import { readAcks } from '@trunkline/operator';
import { openRecordSocket, recordPaths } from '@trunkline/sip-proxy/records';

/** What the `trunkline up` on a data folder knows of the places that it sends calls to. */
export type RunningHealth = ReadonlyMap<string, TargetReport>;

/** Undefined where none runs there: what an earlier one has left says nothing. */
export async function runningHealth(data: string): Promise<RunningHealth | undefined> {
  const running = await openRecordSocket(recordPaths(data).socket);
  if (!running) return undefined;
  await running.close();
  const acks = await readAcks(join(data, 'shards'));
  const reports = acks.flatMap(({ health = [] }) => health);
  return new Map(reports.map((report) => [report.address, report]));
}

/** Reports of places that have one, each once. */
export function healthOf(places: readonly TargetPlace[], health: RunningHealth): TargetReport[] {
  const addresses = [...new Set(places.map(targetAddress))];
  return addresses.flatMap((address) => health.get(address) ?? []);
}

/** `up`, `down`, `1 of 2 up`; `-` where nothing is known. */
export function healthWord(reports: readonly TargetReport[]): string {
  if (reports.length === 0) return '-';
  const up = reports.filter(({ healthy }) => healthy).length;
  if (up === reports.length) return 'up';
  return up === 0 ? 'down' : `${up} of ${reports.length} up`;
}

/** One line for each that does not answer. */
export function healthRemarks(whose: string, reports: readonly TargetReport[]): string[] {
  return reports
    .filter(({ healthy }) => !healthy)
    .map(
      ({ address, since, lastError = 'no answer' }) =>
        `${whose}: ${address} is tried last since ${since.slice(0, 19)}Z: ${lastError}\n`,
    );
}

/** The same for the gateways of carriers, which no trunk owns. */
export function carrierRemarks(carriers: readonly CarrierEntry[], health: RunningHealth): string[] {
  return carriers.flatMap(({ name, gateways }) =>
    healthRemarks(`carrier ${name}`, healthOf(gateways, health)),
  );
}
