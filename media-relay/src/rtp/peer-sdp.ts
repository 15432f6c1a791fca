// SPDX-License-Identifier: Apache-2.0

export interface SdpChoices {
  /** `PT NAME/RATE` of each format, in order. */
  codecs?: readonly string[];
  direction?: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
  /** Shown in place of the real address. */
  address?: string;
  /** Shown in place of the real port. */
  port?: number;
  /** Version in o=; 1. */
  version?: number;
  /** More attribute lines of the audio section, without line ends. */
  attributes?: readonly string[];
}

export const DEFAULT_CODECS = ['0 PCMU/8000', '8 PCMA/8000', '101 telephone-event/8000'];

/** An SDP with one audio line (RFC 4566). */
export function sdpBody(choices: SdpChoices & { address: string; port: number }): string {
  const {
    address,
    port,
    codecs = DEFAULT_CODECS,
    direction = 'sendrecv',
    version = 1,
    attributes = [],
  } = choices;
  return [
    'v=0',
    `o=- 1 ${version} IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio ${port} RTP/AVP ${codecs.map((codec) => codec.split(' ')[0]).join(' ')}`,
    ...codecs.map((codec) => `a=rtpmap:${codec}`),
    ...attributes.map((attribute) => `a=${attribute}`),
    `a=${direction}`,
    '',
  ].join('\r\n');
}

/** Address and port of the first audio line. */
export function sdpEndpoint(sdp: string): { address: string; port: number } {
  const media = sdp.slice(Math.max(0, sdp.indexOf('m=audio')));
  const address = /^c=IN IP4 (\S+)/m.exec(media)?.[1] ?? /^c=IN IP4 (\S+)/m.exec(sdp)?.[1];
  const port = Number(/^m=audio (\d+)/m.exec(sdp)?.[1]);
  if (address === undefined || Number.isNaN(port)) throw new Error(`the SDP has no audio address:\n${sdp}`);
  return { address, port };
}
