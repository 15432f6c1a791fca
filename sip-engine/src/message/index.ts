// SPDX-License-Identifier: Apache-2.0
export type { Header, SipMessage, SipRequest, SipResponse } from './sip-message.ts';
export { ParseError } from './parse-error.ts';
export { parseMessage } from './parse-message.ts';
export { serialiseMessage } from './serialise-message.ts';
export { readEssentials, type Essentials } from './validate-message.ts';
export {
  appendHeader,
  cloneMessage,
  getHeader,
  getHeaders,
  prependHeader,
  removeHeader,
  setHeader,
} from './headers.ts';
export { formatParams, parseParams, splitList, type Params } from './params.ts';
export { formatVia, parseVia, setTopVia, topVia, type Via } from './via.ts';
export { formatNameAddr, parseNameAddr, parseNameAddrList, readTag, type NameAddr } from './name-addr.ts';
export { parseCSeq, type CSeq } from './cseq.ts';
export { formatSipUri, parseSipUri, type SipUri } from './sip-uri.ts';
export { statusReason } from './status-reasons.ts';
export { addToTag, createResponse } from './create-response.ts';
export { branchCookie, newBranch, newCallId, newTag } from './identifiers.ts';
export { defaultLimits, StreamSplitter, type MessageLimits, type StreamItem } from './stream-splitter.ts';
