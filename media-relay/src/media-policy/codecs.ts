// SPDX-License-Identifier: Apache-2.0

/** Names of the static payload types that telephony uses (RFC 3551 table 4): they need no a=rtpmap. */
const STATIC_NAMES: Readonly<Record<number, string>> = {
  0: 'PCMU',
  3: 'GSM',
  4: 'G723',
  8: 'PCMA',
  9: 'G722',
  10: 'L16',
  11: 'L16',
  13: 'CN',
  15: 'G728',
  18: 'G729',
};

/** An m= line as sdp-transform gives it; with a single format, `payloads` is a number. */
interface AudioLine {
  payloads?: string | number | undefined;
  rtp?: readonly { payload: number; codec: string }[];
}

/** Codec names of an m= line in the order of its formats; a dynamic payload type without a=rtpmap is left out. */
export function codecNames(line: AudioLine): string[] {
  const mapped = new Map(line.rtp?.map(({ payload, codec }) => [payload, codec]));
  return String(line.payloads ?? '')
    .split(' ')
    .flatMap((format) => mapped.get(Number(format)) ?? STATIC_NAMES[Number(format)] ?? []);
}

/** Whether `name` is on the list; codec names have no case (RFC 4855 §3), and a `/rate` on the list is ignored. */
export function isUsable(name: string, codecs: readonly string[]): boolean {
  return codecs.some((codec) => codec.split('/')[0]?.toLowerCase() === name.toLowerCase());
}
