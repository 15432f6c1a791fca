// SPDX-License-Identifier: Apache-2.0
import type { Target } from '../target.ts';
import { headerValues } from './header-values.ts';
import { ng, sdp } from './ng.ts';
import { policy, policyValues } from './policy.ts';
import { sipMessage } from './sip-message.ts';
import { sipStream } from './sip-stream.ts';
import { appMessages, frames } from './wire.ts';

export const targets: readonly Target[] = [
  sipMessage,
  sipStream,
  headerValues,
  policy,
  policyValues,
  frames,
  appMessages,
  ng,
  sdp,
];
