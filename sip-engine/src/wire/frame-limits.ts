// SPDX-License-Identifier: Apache-2.0

/** Sizes in bytes; `Infinity` for none. */
export interface FrameLimits {
  frame: number;
  headers: number;
  startLine: number;
}

/**
 * Where drachtio-server breaks: a bigger frame wedges the app's connection for good, a bigger header block is cut without a word,
 * a longer start line is refused. Here all three are refused with a reason, so that a test sees what production would hide.
 */
export const DRACHTIO_LIMITS: FrameLimits = { frame: 12_228, headers: 8_400, startLine: 512 };

export const NO_LIMITS: FrameLimits = { frame: Infinity, headers: Infinity, startLine: Infinity };

/** The reason to refuse a frame's SIP part, or undefined. The token line, about 100 bytes, is not counted. */
export function checkFrame(text: Buffer, limits: FrameLimits): string | undefined {
  const line = text.indexOf('\r\n');
  if ((line === -1 ? text.length : line) > limits.startLine) {
    return `invalid request-uri: start line of ${line} bytes, drachtio-server takes ${limits.startLine}`;
  }
  if (text.length > limits.frame) {
    return `frame of ${text.length} bytes: above ${limits.frame} drachtio-server wedges the connection; send a smaller body`;
  }
  if (text.length <= limits.headers) return undefined;
  const end = text.indexOf('\r\n\r\n');
  const headers = end === -1 ? text.length : end;
  if (headers <= limits.headers) return undefined;
  return `headers of ${headers} bytes: drachtio-server cuts them at ${limits.headers}; send fewer`;
}
