// SPDX-License-Identifier: Apache-2.0
import type { Flow } from '../flow.ts';
import { answering } from './answering.ts';
import { apps } from './apps.ts';
import { behindNat } from './behind-nat.ts';
import { bridging } from './bridging.ts';
import { calling } from './calling.ts';
import { cancelling } from './cancelling.ts';
import { early } from './early.ts';
import { ending } from './ending.ts';
import { inDialog } from './in-dialog.ts';
import { outside } from './outside.ts';
import { reInviting } from './re-inviting.ts';
import { routing } from './routing.ts';

export { timeLimits } from './time-limits.ts';

/** One after another, on one engine. */
export const flows: Flow[] = [
  ...answering,
  ...cancelling,
  ...calling,
  ...routing,
  ...behindNat,
  ...bridging,
  ...early,
  ...inDialog,
  ...reInviting,
  ...ending,
  ...outside,
  ...apps,
];
