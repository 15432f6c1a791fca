// SPDX-License-Identifier: Apache-2.0

/** A header line. Names are kept as received except that compact forms are written long (RFC 3261 §7.3.3). */
export interface Header {
  name: string;
  value: string;
}

interface MessageParts {
  /** In order of appearance; repeated headers stay apart, comma lists are not split. */
  headers: Header[];
  /** Bytes as received; empty where there is no body. */
  body: Buffer;
}

export interface SipRequest extends MessageParts {
  kind: 'request';
  method: string;
  uri: string;
}

export interface SipResponse extends MessageParts {
  kind: 'response';
  status: number;
  reason: string;
}

export type SipMessage = SipRequest | SipResponse;
