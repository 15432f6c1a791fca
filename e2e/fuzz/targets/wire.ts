// SPDX-License-Identifier: Apache-2.0
import type { SipMessage } from '../../../sip-engine/src/message/index.ts';
import { AppMessageError, parseAppMessage } from '../../../sip-engine/src/wire/app-message.ts';
import { encodeSipFrame, FrameDecoder, FrameError } from '../../../sip-engine/src/wire/frame-codec.ts';
import { checkFrame, DRACHTIO_LIMITS } from '../../../sip-engine/src/wire/frame-limits.ts';
import { corpus } from '../corpus.ts';
import { allowing, same, type Target } from '../target.ts';

/** drachtio's frames: the same ones, however the bytes arrive. */
export const frames: Target = {
  name: 'frames',
  seeds: corpus('frame'),
  run(input) {
    const whole = decode([input]);
    same('what came byte by byte', decode([...input].map((byte) => Buffer.of(byte))).text, whole.text);
    return whole.count > 0;
  },
};

const decode = (pieces: readonly Buffer[]): { text: string; count: number } => {
  const decoder = new FrameDecoder();
  const result = { text: '', count: 0 };
  try {
    for (const piece of pieces) {
      for (const payload of decoder.push(piece)) {
        result.text += `[${payload.toString('latin1')}]`;
        result.count += 1;
      }
    }
    return result;
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    // Frames of the piece that broke it are lost in one case and not in the other.
    return { text: '', count: 0 };
  }
};

/** The SIP part of an app's frame: what is read is what a frame gives back. */
export const appMessages: Target = {
  name: 'app-messages',
  seeds: corpus('app'),
  run(input) {
    checkFrame(input, DRACHTIO_LIMITS);
    const message = allowing(AppMessageError, () => parseAppMessage(input));
    if (message === undefined) return false;
    const once = throughFrame(message);
    // A reason phrase is made readable for srf, once.
    const first = once.kind === 'response' ? { ...message, reason: once.reason } : message;
    same('a message that went through a frame', JSON.stringify(once), JSON.stringify(first));
    same('a message that went through two', JSON.stringify(throughFrame(once)), JSON.stringify(once));
    return true;
  },
};

const throughFrame = (message: SipMessage): SipMessage => {
  const frame = encodeSipFrame(message, (size) => `id|sip|${size}`);
  // Longer ones are nothing that a decoder takes.
  if (frame.length > 99_999) return message;
  const [payload = Buffer.alloc(0), ...more] = new FrameDecoder().push(frame);
  if (more.length > 0) throw new Error('one message became two frames');
  return parseAppMessage(payload.subarray(payload.indexOf('\r\n') + 2));
};
