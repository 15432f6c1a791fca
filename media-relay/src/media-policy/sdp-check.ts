// SPDX-License-Identifier: Apache-2.0
import { parse, type SessionDescription } from 'sdp-transform';
import { MediaError } from '../media-error.ts';
import { codecNames, isUsable } from './codecs.ts';

/** Far above any real trunk's SDP (0.3 to 2 KB), and together with the flags well inside one datagram. */
const MAX_SDP_BYTES = 16 * 1024;
const MAX_SDP_LINES = 400;
const MAX_MEDIA = 8;

type MediaLine = SessionDescription['media'][number];

/**
 * Everything about an SDP that the node must not be asked, because it answers `ok` to it: SRTP on a plain leg, an
 * offer without an allowed codec. The result is what the node gets: `a=crypto` removed (an RTP/AVP offer with it would
 * become opportunistic SRTP), line ends as RFC 4566 §5 has them.
 *
 * @param codecs names allowed in an offer; empty, or an answer: any
 * @throws MediaError `sdp-invalid`, `srtp-not-allowed`, `no-usable-codec`
 */
export function checkSdp(sdp: string, codecs: readonly string[]): string {
  const lines = readLines(sdp);
  const media = readMedia(lines.join('\r\n') + '\r\n');
  for (const line of media) checkProtocol(line);
  if (!media.some((line) => line.port !== 0 || line.type === 'audio')) {
    throw new MediaError(
      'sdp-invalid',
      'the SDP has no media line that can be relayed (audio, or image for fax)',
    );
  }
  checkCodecs(media, codecs);
  return lines.filter((line) => !isKeyLine(line)).join('\r\n') + '\r\n';
}

function readLines(sdp: string): string[] {
  if (Buffer.byteLength(sdp) > MAX_SDP_BYTES) {
    throw new MediaError(
      'sdp-invalid',
      `the SDP has ${Buffer.byteLength(sdp)} bytes; at most ${MAX_SDP_BYTES} are taken`,
    );
  }
  const lines = sdp.split(/\r\n|\n|\r/).filter((line) => line !== '');
  if (lines.length > MAX_SDP_LINES) {
    throw new MediaError(
      'sdp-invalid',
      `the SDP has ${lines.length} lines; at most ${MAX_SDP_LINES} are taken`,
    );
  }
  if (lines[0] !== 'v=0')
    throw new MediaError('sdp-invalid', 'the body is not SDP: it does not begin with "v=0"');
  const broken = lines.findIndex((line) => !/^[a-z]=[^\0]*$/.test(line));
  if (broken >= 0)
    throw new MediaError('sdp-invalid', `line ${broken + 1} of the SDP is not "<letter>=<value>"`);
  return lines;
}

function readMedia(sdp: string): MediaLine[] {
  const parsed = parseOrThrow(sdp);
  const { media } = parsed;
  if (media.length === 0) throw new MediaError('sdp-invalid', 'the SDP has no m= line');
  if (media.length > MAX_MEDIA) {
    throw new MediaError(
      'sdp-invalid',
      `the SDP has ${media.length} m= lines; at most ${MAX_MEDIA} are taken`,
    );
  }
  for (const line of media) {
    // sdp-transform leaves these out where the line does not have the form of RFC 4566 §5.14.
    if ((line as Partial<MediaLine>).type === undefined || !(line.port >= 0 && line.port <= 65535)) {
      throw new MediaError(
        'sdp-invalid',
        'an m= line of the SDP is not "m=<media> <port> <protocol> <formats>"',
      );
    }
    if (line.port !== 0 && !parsed.connection && !line.connection) {
      throw new MediaError('sdp-invalid', `the SDP has no c= line for its ${line.type} media`);
    }
  }
  return media;
}

function parseOrThrow(sdp: string): SessionDescription {
  try {
    return parse(sdp);
  } catch {
    throw new MediaError('sdp-invalid', 'the SDP cannot be parsed');
  }
}

function checkProtocol(line: MediaLine): void {
  if (/SAVP|DTLS/i.test(line.protocol)) {
    throw new MediaError(
      'srtp-not-allowed',
      `the SDP has ${line.protocol} media on a leg without SRTP; use RTP/AVP, or a secure trunk`,
    );
  }
}

function checkCodecs(media: readonly MediaLine[], codecs: readonly string[]): void {
  if (codecs.length === 0) return;
  const audio = media.filter((line) => line.type === 'audio' && line.port !== 0);
  if (audio.length === 0 || audio.some((line) => codecNames(line).some((name) => isUsable(name, codecs))))
    return;
  const offered = audio.flatMap((line) => codecNames(line)).join(', ');
  throw new MediaError(
    'no-usable-codec',
    `none of the offered codecs (${offered.slice(0, 200)}) is one of ${codecs.join(', ')}`,
  );
}

/** Keys travel in these (RFC 4568, RFC 4567, RFC 5763); a plain leg has none. */
function isKeyLine(line: string): boolean {
  return /^a=(crypto|key-mgmt|fingerprint|setup|tls-id)[: ]/i.test(line);
}
