// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KubeClient, type KubeObject } from '@trunkline/kube';
import { pino } from 'pino';
import {
  startScriptedApi,
  type ScriptedApi,
  type ScriptedRequest,
} from '../../../kube/src/testing/scripted-api.ts';
import { SecretWatch } from './secret-watch.ts';

const log = pino({ level: 'silent' });
const LABELLED = 'labelSelector=trunkline.dev/credentials=true';

let api: ScriptedApi;
let client: KubeClient;
let watch: SecretWatch;
let stop: AbortController;
let running: Promise<void>;
let told: string[];
let onTold: () => void;
/** Watches that are open, by what they select. */
const open = new Map<string, ScriptedRequest>();

beforeEach(async () => {
  api = await startScriptedApi();
  client = new KubeClient(api.config);
  told = [];
  onTold = () => undefined;
  open.clear();
  stop = new AbortController();
  watch = new SecretWatch({
    ...{ client, namespaces: undefined, log },
    onChange: (key) => {
      told.push(key);
      onTold();
    },
  });
  running = watch.run(stop.signal);
  await listed(LABELLED, []);
});
afterEach(async () => {
  stop.abort();
  await running;
  await client.close();
  await api.close();
});

const secret = (
  name: string,
  password: string,
  version = '1',
): KubeObject & { data: Record<string, string> } => ({
  metadata: { name, namespace: 'acme', uid: name, resourceVersion: version },
  data: { password: Buffer.from(password).toString('base64') },
});

/** Answers the list of a selection, and opens its watch. */
async function listed(selection: string, items: KubeObject[]): Promise<void> {
  const list = await next(selection);
  list.list(items, '1');
  const request = await next(selection);
  expect(request.isWatch).toBe(true);
  request.open();
  open.set(selection, request);
}

async function next(selection: string): Promise<ScriptedRequest> {
  const request = await api.next();
  const [name, ...value] = selection.split('=');
  expect(request.query.get(name ?? '')).toBe(value.join('='));
  return request;
}

/** Resolves with the next change that is told. */
const change = (): Promise<void> =>
  new Promise((resolve) => {
    onTold = resolve;
  });
const named = (name: string) => `fieldSelector=metadata.name=${name}`;

describe('Secrets', () => {
  it('without the label are watched one by one, by name, in their namespace', async () => {
    watch.want('acme/pbx');
    const list = await next(named('pbx'));
    expect(list.path).toBe('/api/v1/namespaces/acme/secrets');
    const heard = change();
    list.list([secret('pbx', 'one')], '1');
    await heard;
    await watch.settled(10_000);
    expect(watch.data('acme/pbx')).toEqual({ password: 'one' });
    const request = await next(named('pbx'));
    const changed = change();
    request.event('MODIFIED', secret('pbx', 'two', '2'));
    await changed;
    expect(watch.data('acme/pbx')).toEqual({ password: 'two' });
    expect(told).toContain('acme/pbx');
  });

  it('that do not exist are said not to', async () => {
    watch.want('acme/none');
    const heard = change();
    await listed(named('none'), []);
    await heard;
    expect(watch.data('acme/none')).toBeUndefined();
  });

  it('are not watched by name once they have the label', async () => {
    open.get(LABELLED)!.event('ADDED', secret('pbx', 'one'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    watch.want('acme/pbx');
    expect([watch.data('acme/pbx'), watch.namedWatches]).toEqual([{ password: 'one' }, 0]);
    expect(told).toEqual([]);
  });

  it('that gain or lose the label are never gone in between', async () => {
    watch.want('acme/pbx');
    const heard = change();
    await listed(named('pbx'), [secret('pbx', 'one')]);
    await heard;
    const gained = change();
    open.get(LABELLED)!.event('ADDED', secret('pbx', 'one', '2'));
    await gained;
    await open.get(named('pbx'))!.closed;
    expect([watch.data('acme/pbx'), watch.namedWatches]).toEqual([{ password: 'one' }, 0]);
    const lost = change();
    open.get(LABELLED)!.event('DELETED', secret('pbx', 'one', '3'));
    await lost;
    expect([watch.data('acme/pbx'), watch.namedWatches]).toEqual([{ password: 'one' }, 1]);
    const again = change();
    await listed(named('pbx'), []);
    await again;
    expect(watch.data('acme/pbx')).toBeUndefined();
  });

  it('that nobody wants any more are not watched', async () => {
    watch.want('acme/pbx');
    await listed(named('pbx'), [secret('pbx', 'one')]);
    watch.drop('acme/pbx');
    await open.get(named('pbx'))!.closed;
    expect([watch.data('acme/pbx'), watch.namedWatches]).toEqual([undefined, 0]);
  });

  it('that cannot be had hold nobody up for ever', async () => {
    watch.want('acme/forbidden');
    const list = await next(named('forbidden'));
    list.refuse(403, 'Forbidden');
    await watch.settled(20);
    expect(watch.data('acme/forbidden')).toBeUndefined();
  });
});
