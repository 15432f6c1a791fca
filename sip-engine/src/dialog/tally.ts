// SPDX-License-Identifier: Apache-2.0
import type { SipMessage } from '../message/index.ts';

/** Counts messages; called for each one that passes the dialog layer, so it has to be quick. */
export type Tally = (direction: 'in' | 'out', message: SipMessage, protocol: string) => void;
