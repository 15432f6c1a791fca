// SPDX-License-Identifier: Apache-2.0
import type { LearningMode } from './learning.ts';
import type { PortPair, PortPool } from './port-pool.ts';
import { direction, rtcpEndpoint, rtpEndpoint, type SdpDocument } from './sdp-document.ts';
import { OriginVersion } from './sdp-rewrite.ts';
import { Stream, type Traffic } from './stream.ts';

/** One m= line of one party: the ports that this party is shown, and where it is itself. */
export interface PartyMedia {
  type: string;
  protocol: string;
  direction: string;
  pair: PortPair;
  rtp: Stream;
  rtcp: Stream;
}

/** One of the two parties of a call. */
export class CallParty {
  /** Its tag; empty until it has sent SDP. */
  tag = '';
  readonly created = Date.now();
  readonly media: PartyMedia[] = [];
  readonly version = new OriginVersion();

  /** Opens ports until there is a pair for each of `count` m= lines. */
  async openPorts(count: number, ports: PortPool, traffic: Traffic): Promise<void> {
    while (this.media.length < count) {
      const pair = await ports.open();
      const rtp = new Stream('RTP', pair.rtp, traffic);
      const rtcp = new Stream('RTCP', pair.rtcp, traffic);
      this.media.push({ type: 'audio', protocol: 'RTP/AVP', direction: 'sendrecv', pair, rtp, rtcp });
    }
  }

  /** Sends what arrives for one party out to the other. */
  connect(other: CallParty): void {
    for (const [index, media] of this.media.entries()) {
      const peer = other.media[index];
      media.rtp.peer = peer?.rtp;
      media.rtcp.peer = peer?.rtcp;
    }
  }

  /** Takes in where the party wants its media. */
  signal(document: SdpDocument, mode: LearningMode, now: number): void {
    for (const [index, section] of document.media.entries()) {
      const media = this.media[index];
      if (!media) continue;
      media.type = section.type;
      media.protocol = section.protocol;
      media.direction = direction(document, section);
      const rtp = rtpEndpoint(document, section);
      media.rtp.party.signal(rtp, mode, now);
      media.rtcp.party.signal(rtcpEndpoint(section, rtp), mode, now);
      media.rtp.lastPacket = Math.max(media.rtp.lastPacket, now);
    }
  }

  closePorts(ports: PortPool): void {
    for (const { pair } of this.media) ports.close(pair);
  }
}
