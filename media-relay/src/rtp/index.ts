// SPDX-License-Identifier: Apache-2.0

/* Media for tests and demonstrations: a telephone that sends a tone and measures what it hears. */
export { createRtpPeer, type RtpAddress, type RtpPeer, type RtpPeerOptions } from './rtp-peer.ts';
export { sdpBody, sdpEndpoint, type SdpChoices } from './peer-sdp.ts';
export { readRtp, writeRtp, type RtpPacket } from './rtp-packet.ts';
export { measureTone, type MeasuredTone } from './tone.ts';
