// SPDX-License-Identifier: Apache-2.0
import { CallParty } from './call-party.ts';
import type { CodecRules } from './ng-request.ts';
import type { LearningMode } from './learning.ts';
import type { PortPool } from './port-pool.ts';
import { filterFormats, formatNames } from './sdp-codecs.ts';
import { parseSdp, type SdpDocument } from './sdp-document.ts';
import { rewriteSdp } from './sdp-rewrite.ts';
import type { Traffic } from './stream.ts';

export interface OfferOrAnswer {
  /** Tag of the party whose SDP it is. */
  sender: string;
  sdp: string;
  mode: LearningMode;
}

/** Two parties and the ports between them. A second callee takes the first one's place and ports. */
export class Call {
  readonly id: string;
  readonly created = Date.now();
  lastSignal = this.created;
  /** Whether both parties have sent SDP. */
  answered = false;
  readonly parties: readonly [CallParty, CallParty] = [new CallParty(), new CallParty()];
  readonly #ports: PortPool;
  readonly #traffic: Traffic;
  /** Codec names that the last offer lost on its way: they have no place in the answer. */
  #stripped = new Set<string>();

  constructor(id: string, ports: PortPool, traffic: Traffic) {
    this.id = id;
    this.#ports = ports;
    this.#traffic = traffic;
  }

  /** @throws NgError where the SDP cannot be read or no ports are left */
  async offer({ sender, sdp, mode }: OfferOrAnswer, rules: CodecRules): Promise<string> {
    const document = parseSdp(sdp);
    const from = this.#partyOf(sender);
    for (const party of this.parties)
      await party.openPorts(document.media.length, this.#ports, this.#traffic);
    this.#connect();
    from.signal(document, mode, this.#touch());
    const formats = document.media.map((media) =>
      media.type === 'audio' ? filterFormats(media, rules) : media.formats,
    );
    this.#stripped = new Set(
      document.media.flatMap((media, index) =>
        [...formatNames(media)]
          .filter(([format]) => !formats[index]?.includes(format))
          .map(([, name]) => name),
      ),
    );
    return this.#show(document, formats, this.#other(from));
  }

  /** @throws NgError where the SDP cannot be read */
  answer({ sender, sdp, mode }: OfferOrAnswer, offerer: string): string {
    const document = parseSdp(sdp);
    const to = this.#partyOf(offerer);
    const from = this.#other(to);
    from.tag = sender;
    from.signal(document, mode, this.#touch());
    this.answered = true;
    const formats = document.media.map((media) => {
      const names = formatNames(media);
      const kept = media.formats.filter((format) => !this.#stripped.has(names.get(format) ?? format));
      return kept.length > 0 ? kept : media.formats;
    });
    return this.#show(document, formats, to);
  }

  has(tag: string): boolean {
    return this.parties.some((party) => party.tag === tag);
  }

  /** Milliseconds since the epoch of the last RTP or RTCP packet, or of the last signalling. */
  get lastActivity(): number {
    return Math.max(
      ...this.parties.flatMap(({ media }) =>
        media.flatMap(({ rtp, rtcp }) => [rtp.lastPacket, rtcp.lastPacket]),
      ),
    );
  }

  /** A call on hold may be silent for long. */
  get onHold(): boolean {
    return this.parties.some(({ media }) =>
      media.some((each) => each.direction !== 'sendrecv' || !each.rtp.party.advertised),
    );
  }

  close(): void {
    for (const party of this.parties) party.closePorts(this.#ports);
  }

  #show(document: SdpDocument, formats: string[][], to: CallParty): string {
    const shown = formats.map((list, index) => ({ port: to.media[index]?.pair.port ?? 0, formats: list }));
    return to.version.apply(rewriteSdp(document, this.#ports.address, shown));
  }

  /** The party with this tag; else the one that has none yet; else the second, whose place the new one takes. */
  #partyOf(tag: string): CallParty {
    const byTag = (wanted: string): CallParty | undefined =>
      this.parties.find((party) => party.tag === wanted);
    const party = byTag(tag) ?? byTag('') ?? this.parties[1];
    party.tag = tag;
    return party;
  }

  #other(party: CallParty): CallParty {
    return party === this.parties[0] ? this.parties[1] : this.parties[0];
  }

  #connect(): void {
    const [first, second] = this.parties;
    first.connect(second);
    second.connect(first);
  }

  #touch(): number {
    this.lastSignal = Date.now();
    return this.lastSignal;
  }
}
