// SPDX-License-Identifier: Apache-2.0
import { decode, encode, type Bencoded } from '../../../media-relay/src/relay/bencode.ts';
import { readMessage, writeMessage } from '../../../media-relay/src/relay/ng-message.ts';
import {
  codecRules,
  flagsOf,
  learningMode,
  NgError,
  supportsLoadLimit,
} from '../../../media-relay/src/relay/ng-request.ts';
import {
  direction,
  parseSdp,
  rtcpEndpoint,
  rtpEndpoint,
} from '../../../media-relay/src/relay/sdp-document.ts';
import { corpus } from '../corpus.ts';
import { allowing, same, type Target } from '../target.ts';

class BencodeError extends Error {
  static override [Symbol.hasInstance](error: unknown): boolean {
    return error instanceof Error && error.message.startsWith('bencode: ');
  }
}

/** Datagrams of the ng protocol, and the values in them. */
export const ng: Target = {
  name: 'ng',
  seeds: corpus('ng'),
  run(input) {
    const value = allowing(BencodeError, () => decode(input));
    if (value !== undefined) {
      const written = encode(value as Bencoded);
      same('a value that was written twice', encode(decode(Buffer.from(written)) as Bencoded), written);
    }
    const message = readMessage(input);
    if (message === undefined) return value !== undefined;
    const { dictionary } = message;
    flagsOf(dictionary);
    learningMode(dictionary);
    codecRules(dictionary);
    supportsLoadLimit(dictionary);
    if (readMessage(writeMessage(message, { result: 'pong' }))?.cookie !== message.cookie)
      throw new Error('the reply has another cookie');
    return true;
  },
};

/** Session descriptions, as the relay reads them. */
export const sdp: Target = {
  name: 'sdp',
  seeds: corpus('sdp'),
  run(input) {
    const document = allowing(NgError, () => parseSdp(input.toString('utf8')));
    if (document === undefined) return false;
    for (const media of document.media) {
      rtcpEndpoint(media, rtpEndpoint(document, media));
      direction(document, media);
    }
    return true;
  },
};
