// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KubeClient } from '@trunkline/kube';
import { pino } from 'pino';
import { startScriptedApi, type ScriptedApi } from '../../../kube/src/testing/scripted-api.ts';
import { resource } from '../compile/fixtures.ts';
import { IN_USE, ListProtection } from './list-protection.ts';
import type { LiveResource } from './live-resource.ts';

const KEY = 'CredentialList/acme/pbx';
const log = pino({ level: 'silent' });

let api: ScriptedApi;
let client: KubeClient;
let list: LiveResource | undefined;
let trunks: number;
let events: string[];
let stop: AbortController;
let protection: ListProtection;
let running: Promise<void>;

beforeEach(async () => {
  api = await startScriptedApi();
  client = new KubeClient(api.config);
  [trunks, events] = [0, []];
  stop = new AbortController();
  protection = new ListProtection({
    ...{ client, mayWrite: () => true, log },
    resource: () => list,
    trunks: () => trunks,
    events: { record: (_object, { reason, note }) => events.push(`${reason} ${note}`) },
  });
  running = protection.run(stop.signal);
});
afterEach(async () => {
  stop.abort();
  await running;
  await client.close();
  await api.close();
});

const listWith = (metadata: object = {}): LiveResource => {
  const made = resource('CredentialList', 'acme/pbx', { credentials: [] });
  return {
    ...made,
    metadata: { ...made.metadata, uid: 'u', resourceVersion: '7', ...metadata },
  };
};
/** What is sent for the list. */
const patch = async () => {
  protection.enqueue(KEY);
  const request = await api.next();
  request.json(200, listWith());
  expect(request).toMatchObject({
    method: 'PATCH',
    path: '/apis/trunkline.dev/v1alpha1/namespaces/acme/credentiallists/pbx',
  });
  return (request.body as { metadata: { finalizers: string[]; resourceVersion: string } }).metadata;
};
/** Resolves when all that was enqueued has been looked at. */
const quiet = async () => {
  protection.enqueue(KEY);
  for (let i = 0; i < 5; i += 1) await new Promise(setImmediate);
};

describe('a CredentialList', () => {
  it('is kept while trunks use it, next to the finalizers of others', async () => {
    [list, trunks] = [listWith({ finalizers: ['other/one'] }), 2];
    expect(await patch()).toMatchObject({ finalizers: ['other/one', IN_USE], resourceVersion: '7' });
  });

  it('is let go when no trunk uses it any more', async () => {
    list = listWith({ finalizers: [IN_USE, 'other/one'], deletionTimestamp: '2026-11-25T08:00:00Z' });
    expect(await patch()).toMatchObject({ finalizers: ['other/one'] });
  });

  it('that is deleted while in use stays, and an event says so', async () => {
    [list, trunks] = [listWith({ finalizers: [IN_USE], deletionTimestamp: '2026-11-25T08:00:00Z' }), 2];
    await quiet();
    expect(events[0]).toMatch(/^InUse 2 trunk\(s\) still use the list/);
    expect(api.unread).toBe(0);
  });

  it('is not written where nothing changes, and other kinds are none of its business', async () => {
    [list, trunks] = [listWith({ finalizers: [IN_USE] }), 1];
    await quiet();
    [list, trunks] = [listWith(), 0];
    await quiet();
    list = undefined;
    await quiet();
    protection.enqueue('Trunk/acme/pbx');
    await quiet();
    expect([api.unread, events]).toEqual([0, []]);
  });
});
