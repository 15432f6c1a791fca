// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { within } from '../src/sip/index.ts';
import {
  enginesToTest,
  type EngineKind,
  type EngineToTest,
  type EngineUnderTest,
} from './engine-under-test.ts';
import type { Flow, Sightings, TimedFlow } from './flow.ts';
import { expectedOf, recordedKind, writeRecording, type Recording } from './recordings.ts';
import { Stage } from './stage.ts';

const recorded = recordedKind();

/** Long enough for what is under way on a loaded machine. */
const SETTLE_MS = recorded ? 1_000 : 5_000;

/** No flow takes so long: one that waits for what never comes must not take the others with it. */
const FLOW_MS = 100_000;

/** What all parties have seen, once it is what it should be or time is up. */
const settled = async (stage: Stage, expected: Sightings | undefined): Promise<Sightings> => {
  const end = Date.now() + SETTLE_MS;
  while (Date.now() < end && !isDeepStrictEqual(stage.sightings(), expected)) await wait(20);
  return stage.sightings();
};

const play = async (flow: Flow, engine: EngineUnderTest): Promise<Sightings> => {
  const stage = new Stage(engine);
  try {
    await within(flow.run(stage), 'the end of the flow', FLOW_MS);
    return await settled(stage, recorded ? undefined : expectedOf(engine.kind, flow));
  } finally {
    await stage.close();
  }
};

/** Declares something for every engine that is there and is wanted. */
const onEveryEngine = (declare: (engine: EngineToTest, seen: Recording) => void): void => {
  const engines = enginesToTest().filter(({ kind }) => recorded === undefined || kind === recorded);
  describe.each(engines)('$kind', (engine) => {
    const seen: Recording = {};
    declare(engine, seen);
    afterAll(() => {
      if (recorded) writeRecording(engine.kind, seen);
    });
  });
};

/** What a flow has shown is what it should show, or what it shows from now on. */
const judge = (kind: EngineKind, flow: Flow, sightings: Sightings, seen: Recording): void => {
  if (recorded) seen[flow.name] = sightings;
  else if (kind === 'drachtio' && flow.sometimes && isDeepStrictEqual(sightings, flow.sometimes)) return;
  else expect(sightings).toEqual(expectedOf(kind, flow));
};

/** A test for every flow on every engine, one after another. */
export const testFlows = (flows: readonly Flow[]): void => {
  onEveryEngine(({ kind, start }, seen) => {
    let engine: EngineUnderTest;

    beforeAll(async () => {
      engine = await start();
    }, 60_000);

    afterAll(() => engine.stop());

    it.each(flows)(
      '$name',
      async (flow) => {
        judge(kind, flow, await play(flow, engine), seen);
      },
      60_000,
    );
  });
};

/** The same, but all flows play at once, on as many engines as that takes, from before the first test of the file on. */
export const testFlowsTogether = (flows: readonly TimedFlow[]): void => {
  const begin: (() => void)[] = [];

  beforeAll(() => {
    for (const one of begin) one();
  });

  onEveryEngine((engine, seen) => {
    let plays = new Map<Flow, Promise<Sightings>>();

    const playAll = (): void => {
      plays = playTogether(engine, flows);
    };
    // The only server that there is belongs to the other flows until they are through.
    if (engine.single) beforeAll(playAll);
    else begin.push(playAll);

    it.each(flows)(
      '$name',
      async (flow) => {
        judge(engine.kind, flow, (await plays.get(flow)) ?? {}, seen);
      },
      180_000,
    );
  });
};

const playTogether = ({ start, single }: EngineToTest, flows: readonly TimedFlow[]) => {
  const plays = new Map<Flow, Promise<Sightings>>();
  const alone = flows.filter(({ takesCalls }) => takesCalls);
  let before: Promise<unknown> = Promise.resolve();
  for (const group of [flows.filter((flow) => !alone.includes(flow)), ...alone.map((flow) => [flow])]) {
    const results = (single ? before : Promise.resolve()).then(() => playGroup(group, start));
    before = results;
    for (const [at, flow] of group.entries()) {
      const sightings = results.then((all) => outcomeOf(all[at]));
      // Its test may not wait for it yet.
      sightings.catch(() => undefined);
      plays.set(flow, sightings);
    }
  }
  return plays;
};

const playGroup = async (group: readonly Flow[], start: EngineToTest['start']) => {
  const engine = await start();
  try {
    return await Promise.allSettled(group.map((flow) => play(flow, engine)));
  } finally {
    await engine.stop();
  }
};

const outcomeOf = (result: PromiseSettledResult<Sightings> | undefined): Sightings => {
  if (result?.status === 'fulfilled') return result.value;
  throw result?.reason ?? new Error('was not played');
};
