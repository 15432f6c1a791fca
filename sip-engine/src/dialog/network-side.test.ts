// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { SipMessage } from '../message/index.ts';
import { Scene } from '../transaction/testing/scene.ts';
import { defaultSettings } from './context.ts';
import { DialogEngine } from './dialog-engine.ts';
import { DialogStore } from './dialog-store.ts';

const peer = '203.0.113.9:5080';

describe('an INVITE for an app that takes its time', () => {
  let scene: Scene;
  let engine: DialogEngine;
  let delivered: SipMessage[];
  /** What had gone out when the app was told. */
  let before: string[];

  beforeEach(() => {
    scene = new Scene();
    delivered = [];
    before = [];
    const link = {
      live: true,
      deliver: (message: SipMessage) => {
        before.push(...scene.transport.take());
        delivered.push(message);
      },
    };
    engine = new DialogEngine({
      layer: scene.layer,
      resolver: { resolve: () => Promise.resolve([]) },
      apps: { pick: (method) => (method === 'INVITE' ? link : undefined) },
      store: new DialogStore(),
      settings: { ...defaultSettings, timers: scene.layer.context.timers },
      tally: () => undefined,
      warn: () => undefined,
    });
  });

  it('has its 100 at once, so within the 200 ms of RFC 3261 §17.2.1, and again when it is repeated', () => {
    scene.arrive('INVITE');
    expect(before).toEqual([`100 > ${peer}`]);
    scene.arrive('INVITE');
    expect(scene.transport.take()).toEqual([`100 > ${peer}`]);
    expect(delivered).toHaveLength(1);
    engine.close();
  });

  it('gets no 100 when it is another request', () => {
    scene.arrive('OPTIONS');
    expect(scene.transport.take()).toEqual([`503 > ${peer}`]);
    scene.arrive('BYE', { branch: 'z9hG4bK-bye', to: '<sip:+15550101@192.0.2.1>;tag=unknown' });
    expect(scene.transport.take()).toEqual([`481 > ${peer}`]);
    expect(delivered).toEqual([]);
  });

  it('gets no 100 within a dialog when it has no Contact: it is refused at once', () => {
    const to = '<sip:+15550101@192.0.2.1>;tag=unknown';
    scene.arrive('INVITE', { to });
    expect(scene.transport.take()).toEqual([`481 > ${peer}`]);
  });

  it.each([
    ['OPTIONS', [`503 > ${peer}`]],
    ['REFER', []],
    ['UPDATE', [`481 > ${peer}`]],
  ])('%s for a dialog that is not there gets what drachtio says', (method, answers) => {
    scene.arrive(method, { to: '<sip:+15550101@192.0.2.1>;tag=unknown' });
    expect(scene.transport.take()).toEqual(answers);
  });

  it('gets 503 after its 100 while the engine drains', () => {
    engine.drain();
    scene.arrive('INVITE');
    expect(scene.transport.take()).toEqual([`100 > ${peer}`, `503 > ${peer}`]);
    expect(engine.load).toEqual({ dialogs: 0, server: 0, client: 0 });
  });
});
