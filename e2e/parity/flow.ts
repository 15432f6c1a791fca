// SPDX-License-Identifier: Apache-2.0
import type { Stage } from './stage.ts';

/** What each party has seen, a line each thing, in order. */
export type Sightings = Record<string, string[]>;

/**
 * A call flow that runs unchanged on every engine. What the parties see has been recorded on a real drachtio-server
 * (`recorded/drachtio.json`), and has to be the same on sip-engine, except where the flow says why not.
 */
export interface Flow {
  name: string;
  /** Why sip-engine shows something else than drachtio-server, although it simulates it. */
  withParity?: string;
  /** Why sip-engine shows something else when it need not simulate drachtio-server: mostly, what the RFC says. */
  withoutParity?: string;
  /** What drachtio-server shows now and then: it does not do the same every time. */
  sometimes?: Sightings;
  run(stage: Stage): Promise<void>;
}

/** Mostly waits, so that it can run while others wait too. */
export interface TimedFlow extends Flow {
  /** Its app would take the calls that are meant for the app of another flow: it needs an engine of its own. */
  takesCalls?: true;
}
