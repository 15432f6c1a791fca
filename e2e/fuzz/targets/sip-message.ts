// SPDX-License-Identifier: Apache-2.0
import { tortureMessages } from '@trunkline/sip-engine/torture';
import {
  ParseError,
  parseMessage,
  readEssentials,
  serialiseMessage,
} from '../../../sip-engine/src/message/index.ts';
import { refuseMalformed } from '../../../sip-engine/src/transaction/malformed-request.ts';
import type { Flow } from '../../../sip-engine/src/transaction/contract.ts';
import type { TransportLayer } from '../../../sip-engine/src/transport/transport-layer.ts';
import { corpus } from '../corpus.ts';
import { allowing, same, type Target } from '../target.ts';

export const sipSeeds: readonly Buffer[] = [...corpus('sip'), ...tortureMessages.map(({ bytes }) => bytes)];

const flow: Flow = {
  protocol: 'udp',
  localAddress: '192.0.2.9',
  localPort: 5060,
  remoteAddress: '192.0.2.1',
  remotePort: 5060,
};

/** Bytes that an answer may have more than what it answers: status line, reason, tag, `received`, our own header names. */
const ANSWER_MORE = 500;

/** Whole messages, as a datagram brings them: read, written and read again; and what is answered where they cannot be read. */
export const sipMessage: Target = {
  name: 'sip-message',
  seeds: sipSeeds,
  run(input) {
    try {
      const message = parseMessage(input);
      readEssentials(message);
      const written = serialiseMessage(message);
      same('what was written twice', serialiseMessage(parseMessage(written)), written);
      return true;
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      checkAnswer(input, error);
      return false;
    }
  },
};

/** An answer is a message that we could read ourselves, and not much longer than what came. */
const checkAnswer = (input: Buffer, error: ParseError): void => {
  let answer: Buffer | undefined;
  const reply = (bytes: Buffer): void => {
    answer = bytes;
  };
  refuseMalformed(error, flow, { reply } as unknown as TransportLayer);
  if (answer === undefined) return;
  const bytes = answer;
  if (allowing(ParseError, () => parseMessage(bytes)) === undefined)
    throw new Error(`the answer is no message: ${JSON.stringify(bytes.toString())}`);
  // Compact names are written long, and bytes that are no UTF-8 as three.
  if (bytes.length > 3 * input.length + ANSWER_MORE)
    throw new Error(`an answer of ${bytes.length} bytes to ${input.length}`);
};
