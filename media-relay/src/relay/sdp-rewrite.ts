// SPDX-License-Identifier: Apache-2.0
import { DIRECTION, direction, type SdpDocument, type SdpMedia } from './sdp-document.ts';

/** What one m= line shows to the other party. */
export interface ShownMedia {
  /** RTP port; RTCP is the next. */
  port: number;
  formats: readonly string[];
}

/** ICE, keys and RTCP ports are between the relay and each party, never passed on. */
const REMOVED =
  /^a=(candidate|remote-candidates|end-of-candidates|ice-[a-z0-9-]+|rtcp|rtcp-mux|rtcp-mux-only|crypto|key-mgmt|fingerprint|setup)(:|$)/;

/** One party's SDP as the other gets it: with the relay's address and ports. */
export function rewriteSdp(document: SdpDocument, address: string, shown: readonly ShownMedia[]): string {
  const session = withAddress(document.session, address).filter((line) => !REMOVED.test(line));
  const media = document.media.flatMap((section, index) => {
    const show = shown[index];
    if (section.port === 0 || !show)
      return [`m=${section.type} 0 ${section.protocol} ${section.formats.join(' ')}`];
    return rewriteSection(document, section, { address, ...show });
  });
  return [...session, ...media, ''].join('\r\n');
}

function rewriteSection(
  document: SdpDocument,
  section: SdpMedia,
  show: ShownMedia & { address: string },
): string[] {
  const isRtp = section.protocol.startsWith('RTP/');
  const kept = withAddress(section.lines, show.address).filter(
    (line) => !REMOVED.test(line) && !DIRECTION.test(line) && belongs(line, show.formats),
  );
  return [
    `m=${section.type} ${show.port} ${section.protocol} ${show.formats.join(' ')}`,
    ...kept,
    `a=${direction(document, section)}`,
    ...(isRtp ? [`a=rtcp:${show.port + 1}`] : []),
  ];
}

/** Replaces the address in o= and c= lines; 0.0.0.0 stays, it means hold (RFC 3264 §8.4). */
function withAddress(lines: readonly string[], address: string): string[] {
  return lines.map((line) => {
    if (line.startsWith('o=')) return line.replace(/ IN IP[46] \S+$/, ` IN IP4 ${address}`);
    if (line.startsWith('c=') && !line.endsWith(' 0.0.0.0')) return `c=IN IP4 ${address}`;
    return line;
  });
}

/** Whether an attribute of a payload type still has its format. */
function belongs(line: string, formats: readonly string[]): boolean {
  const match = /^a=(?:rtpmap|fmtp|rtcp-fb):(\d+) /.exec(line);
  return match?.[1] === undefined || formats.includes(match[1]);
}

/**
 * Gives each party a version in o= that grows by one when, and only when, what it is shown has changed (RFC 3264 §8),
 * however the other party counts.
 */
export class OriginVersion {
  #shown: string | undefined;
  #version = 0n;

  apply(sdp: string): string {
    const match = /^o=(\S+ \S+) (\d{1,20}) (.*)$/m.exec(sdp);
    if (match?.[2] === undefined) return sdp;
    const rest = sdp.replace(match[0], () => `o=${match[1] ?? ''} - ${match[3] ?? ''}`);
    if (this.#shown === undefined) this.#version = BigInt(match[2]);
    else if (rest !== this.#shown) this.#version++;
    this.#shown = rest;
    return sdp.replace(match[0], () => `o=${match[1] ?? ''} ${this.#version} ${match[3] ?? ''}`);
  }
}
