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
import { timeLimits } from './time-limits.ts';

export { timeLimits };

/** By what they are about; the time limits apart. */
export const flowGroups: Record<string, Flow[]> = {
  'calls that come in': answering,
  'calls that are cancelled': cancelling,
  'calls that the app places': calling,
  'where requests go': routing,
  'behind NAT': behindNat,
  'bridged calls': bridging,
  'before the answer': early,
  'within a call': inDialog,
  're-INVITE': reInviting,
  'how calls end': ending,
  'outside calls': outside,
  'apps, and their frames': apps,
};

/** One after another, on one engine. */
export const flows: Flow[] = Object.values(flowGroups).flat();
