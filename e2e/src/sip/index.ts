// SPDX-License-Identifier: Apache-2.0
export { IncomingCall } from './incoming-call.ts';
export { OutgoingCall, type InviteOptions } from './outgoing-call.ts';
export { PeerCall, type RequestAnswer, type RequestOptions } from './peer-call.ts';
export { within } from './peer-core.ts';
export { answerChallenge, digestParameters, type PeerCredentials } from './peer-digest.ts';
export { parseMessage, PeerMessage, tagOf, uriOf, type HeaderChanges } from './peer-message.ts';
export { mediaOf, sdp, type SdpOptions } from './peer-sdp.ts';
export type { PeerTls, PeerTransport, Place } from './peer-socket.ts';
export { SipPeer, type Fate, type Seen, type SipPeerOptions } from './sip-peer.ts';
