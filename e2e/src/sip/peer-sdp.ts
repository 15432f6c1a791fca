// SPDX-License-Identifier: Apache-2.0

export interface SdpOptions {
  /** Where media is wanted. */
  address: string;
  port: number;
  /** Payload types in order; names are added for 0, 8, 9, 18 and 101. Default PCMU, PCMA, telephone-event. */
  formats?: number[];
  /** Default `sendrecv`. */
  direction?: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
  /** Default `RTP/AVP`. */
  profile?: string;
  /** Further lines of the media part, without `\r\n`. */
  lines?: string[];
  /** Version in the origin line; raise it for a changed offer. Default 1. */
  version?: number;
}

const NAMES: Record<number, string> = {
  0: 'PCMU/8000',
  8: 'PCMA/8000',
  9: 'G722/8000',
  18: 'G729/8000',
  101: 'telephone-event/8000',
};

/** One audio stream, RFC 4566. */
export const sdp = (options: SdpOptions): string => {
  const {
    address,
    port,
    formats = [0, 8, 101],
    direction = 'sendrecv',
    profile = 'RTP/AVP',
    lines = [],
    version = 1,
  } = options;
  const family = address.includes(':') ? 'IP6' : 'IP4';
  return [
    'v=0',
    `o=- 7001 ${version} IN ${family} ${address}`,
    's=-',
    `c=IN ${family} ${address}`,
    't=0 0',
    `m=audio ${port} ${profile} ${formats.join(' ')}`,
    ...formats
      .filter((format) => NAMES[format] !== undefined)
      .map((format) => `a=rtpmap:${format} ${NAMES[format] ?? ''}`),
    ...lines,
    `a=${direction}`,
    '',
  ].join('\r\n');
};

/** Where the other side wants its audio. Throws where the text has no audio stream. */
export const mediaOf = (
  text: string,
): { address: string; port: number; direction: string; formats: number[] } => {
  const [, port, formats = ''] = /^m=audio (\d+) \S+ (.+)$/m.exec(text) ?? [];
  const address = /^c=IN IP[46] (\S+)/m.exec(text)?.[1];
  if (port === undefined || address === undefined) throw new Error(`no audio stream in this SDP:\n${text}`);
  return {
    address,
    port: Number(port),
    direction: /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m.exec(text)?.[1] ?? 'sendrecv',
    formats: formats.trim().split(/\s+/).map(Number),
  };
};
