// SPDX-License-Identifier: Apache-2.0
import { ParseError } from '../message/parse-error.ts';
import { parseMessage } from '../message/parse-message.ts';
import type { SipMessage } from '../message/sip-message.ts';
import { readEssentials, type Essentials } from '../message/validate-message.ts';
import type { Flow } from '../transaction/contract.ts';
import type { SourceGate } from './source-gate.ts';
import type { TransportCounters } from './transport-settings.ts';

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

/** What taking in needs besides the intake: who may have answers to what is no SIP, and what is dropped. */
export interface IntakeContext {
  intake: Intake;
  gate: SourceGate;
  counters: TransportCounters;
}

/** Reads and hands over one message; never throws for what a peer sent. */
export function takeIn(context: IntakeContext, bytes: Buffer, flow: Flow): void {
  let message: SipMessage;
  let essentials: Essentials;
  try {
    message = parseMessage(bytes);
    essentials = readEssentials(message);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    passMalformed(context, error, flow);
    return;
  }
  context.intake.onMessage({ message, essentials, flow, size: bytes.length });
}

/** A flood of rubbish is not worth answers: over UDP they would go to whoever the source address belongs to. */
export function passMalformed(
  { intake, gate, counters }: IntakeContext,
  error: ParseError,
  flow: Flow,
): void {
  if (gate.answersMalformed(flow.remoteAddress, Date.now())) intake.onMalformed(error, flow);
  else counters.dropped.malformed += 1;
}
