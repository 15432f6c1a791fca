// SPDX-License-Identifier: Apache-2.0
import type { Endpoint } from './learning.ts';
import { NgError } from './ng-request.ts';

export interface SdpMedia {
  type: string;
  port: number;
  protocol: string;
  formats: string[];
  /** Every line after the m= line, as it is. */
  lines: string[];
}

/** An SDP cut into its sections (RFC 4566 §5); lines are kept as they are. */
export interface SdpDocument {
  session: string[];
  media: SdpMedia[];
}

/** @throws NgError `Failed to parse SDP`; a text about SRTP, which the relay does not carry */
export function parseSdp(sdp: string): SdpDocument {
  const document: SdpDocument = { session: [], media: [] };
  for (const line of sdp.split(/\r?\n/)) {
    if (line === '') continue;
    if (line[1] !== '=') throw new NgError('Failed to parse SDP');
    if (line.startsWith('m=')) document.media.push(parseMediaLine(line));
    else (document.media.at(-1)?.lines ?? document.session).push(line);
  }
  if (document.session[0] !== 'v=0' || document.media.length === 0) throw new NgError('Failed to parse SDP');
  return document;
}

function parseMediaLine(line: string): SdpMedia {
  const match = /^m=(\S+) (\d{1,5})(?:\/\d+)? (\S+)(.*)$/.exec(line);
  const port = Number(match?.[2]);
  if (!match || port > 65535) throw new NgError('Failed to parse SDP');
  const [type = '', protocol = ''] = [match[1], match[3]];
  if (/SAVP/i.test(protocol))
    throw new NgError(`Unsupported transport protocol ${protocol}: this relay carries plain RTP only`);
  return { type, port, protocol, formats: (match[4] ?? '').split(' ').filter(Boolean), lines: [] };
}

/** Where the party wants its RTP; undefined for a rejected line or the old hold address 0.0.0.0. */
export function rtpEndpoint(document: SdpDocument, media: SdpMedia): Endpoint | undefined {
  const address = connectionAddress(media.lines) ?? connectionAddress(document.session);
  if (media.port === 0 || address === undefined || address === '0.0.0.0') return undefined;
  return { address, port: media.port };
}

/** Where it wants its RTCP: a=rtcp (RFC 3605), else the next port. */
export function rtcpEndpoint(media: SdpMedia, rtp: Endpoint | undefined): Endpoint | undefined {
  if (!rtp) return undefined;
  const match = media.lines
    .map((line) => /^a=rtcp:(\d{1,5})(?: IN IP4 (\d+\.\d+\.\d+\.\d+))?/.exec(line))
    .find(Boolean);
  const port = Number(match?.[1] ?? Math.min(rtp.port + 1, 65535));
  return { address: match?.[2] ?? rtp.address, port };
}

export function direction(document: SdpDocument, media: SdpMedia): string {
  const found = [...document.session, ...media.lines].findLast((line) => DIRECTION.test(line));
  return found?.slice(2) ?? 'sendrecv';
}

export const DIRECTION = /^a=(sendrecv|sendonly|recvonly|inactive)$/;

function connectionAddress(lines: readonly string[]): string | undefined {
  const match = lines.map((line) => /^c=IN IP4 (\d{1,3}(?:\.\d{1,3}){3})$/.exec(line)).find(Boolean);
  return match?.[1];
}
