// SPDX-License-Identifier: Apache-2.0

/** What policy wants to know of an SDP offer. */
export interface SdpOffer {
  /** A live audio stream is there (its port is not 0). */
  audio: boolean;
  /** A live audio stream has PCMU or PCMA among its formats. */
  g711: boolean;
  /** SAVP in a transport, or keys (`a=crypto`, RFC 4568; `a=fingerprint`, RFC 8122). */
  srtp: boolean;
}

interface Stream {
  formats: string[];
  names: Map<string, string>;
}

/** Static payload types (RFC 3551 §6); a rtpmap of the same type replaces them. */
const STATIC_G711 = [
  ['0', 'PCMU/8000'],
  ['8', 'PCMA/8000'],
] as const;

/** Reads an offer in one pass over its lines (RFC 8866 §5); never throws, whatever the text. */
export function readSdpOffer(sdp: string): SdpOffer {
  const offer: SdpOffer = { audio: false, g711: false, srtp: false };
  let stream: Stream | undefined;
  for (const line of sdp.split('\n')) {
    if (line.startsWith('m=')) {
      offer.g711 ||= hasG711(stream);
      stream = readMediaLine(line, offer);
    } else if (line.startsWith('a=')) readAttribute(line, offer, stream);
  }
  offer.g711 ||= hasG711(stream);
  return offer;
}

/** `m=<media> <port> <proto> <fmt> ...`; gives the stream where it is live audio. */
function readMediaLine(line: string, offer: SdpOffer): Stream | undefined {
  const [media, port, protocol = '', ...formats] = line.slice(2).trim().split(' ');
  if (port === undefined || Number.parseInt(port, 10) === 0) return undefined;
  if (protocol.includes('SAVP')) offer.srtp = true;
  if (media !== 'audio') return undefined;
  offer.audio = true;
  return { formats, names: new Map(STATIC_G711) };
}

function readAttribute(line: string, offer: SdpOffer, stream: Stream | undefined): void {
  if (line.startsWith('a=crypto:') || line.startsWith('a=fingerprint:')) offer.srtp = true;
  if (stream === undefined || !line.startsWith('a=rtpmap:')) return;
  const [type, encoding] = line.slice('a=rtpmap:'.length).trim().split(' ');
  if (type !== undefined && encoding !== undefined) stream.names.set(type, encoding.toUpperCase());
}

function hasG711(stream: Stream | undefined): boolean {
  if (stream === undefined) return false;
  return stream.formats.some((format) => /^PCM[UA]\/8000(\/1)?$/.test(stream.names.get(format) ?? ''));
}
