// SPDX-License-Identifier: Apache-2.0
import { ParseError } from '../message/parse-error.ts';
import { parseMessage } from '../message/parse-message.ts';
import type { SipMessage } from '../message/sip-message.ts';
import { readEssentials, type Essentials } from '../message/validate-message.ts';
import type { Flow } from '../transaction/contract.ts';

/** One whole message off the wire. */
export interface ReceivedMessage {
  message: SipMessage;
  essentials: Essentials;
  flow: Flow;
  size: number;
}

/** Where the transports hand over what they read. */
export interface Intake {
  onMessage(received: ReceivedMessage): void;
  /** Not usable; `error.request` may be enough to answer. */
  onMalformed(error: ParseError, flow: Flow): void;
}

/** Reads and hands over one message; never throws for what a peer sent. */
export function takeIn(intake: Intake, bytes: Buffer, flow: Flow): void {
  let message: SipMessage;
  let essentials: Essentials;
  try {
    message = parseMessage(bytes);
    essentials = readEssentials(message);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    intake.onMalformed(error, flow);
    return;
  }
  intake.onMessage({ message, essentials, flow, size: bytes.length });
}
