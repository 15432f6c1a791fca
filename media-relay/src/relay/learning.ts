// SPDX-License-Identifier: Apache-2.0

export interface Endpoint {
  address: string;
  port: number;
}

/**
 * - `off`: media always goes to the SDP address;
 * - `delayed`: to the first source seen once signalling has rested for 3 s;
 * - `heuristic`: at once to the source that resembles the SDP address most, settled after those 3 s.
 *
 * `strict`: once it is known where a party sends from, packets from elsewhere are dropped.
 */
export interface LearningMode {
  learning: 'off' | 'delayed' | 'heuristic';
  strict: boolean;
}

const SETTLE_MS = 3000;
/** Worse than any rank: no source seen yet. */
const NO_SOURCE = 4;

/** Where one stream's party is: from its SDP, and from where its packets come. */
export class PartyAddress {
  /** From SDP; undefined before the party's first SDP, and while it is on hold with 0.0.0.0 (RFC 3264 §8.4). */
  advertised: Endpoint | undefined;
  /** Where its media goes now. */
  endpoint: Endpoint | undefined;
  mode: LearningMode = { learning: 'delayed', strict: false };
  #settled = false;
  #rank = NO_SOURCE;
  #signalledAt = 0;

  /** The party's SDP came: learning begins anew, a known source stays until a better one shows. */
  signal(advertised: Endpoint | undefined, mode: LearningMode, now: number): void {
    const moved = !same(advertised, this.advertised);
    if (moved || mode.learning === 'off' || advertised === undefined) this.endpoint = advertised;
    this.advertised = advertised;
    this.mode = mode;
    this.#settled = false;
    this.#rank = NO_SOURCE;
    this.#signalledAt = now;
  }

  /** Learns from a packet's source; false: the packet is dropped. */
  receive(source: Endpoint, now: number): boolean {
    if (!this.advertised) return false;
    if (this.mode.learning !== 'off' && !this.#settled) this.#learn(source, this.advertised, now);
    const confirmed = this.mode.learning === 'off' || this.#settled;
    return !this.mode.strict || !confirmed || same(source, this.endpoint);
  }

  #learn(source: Endpoint, advertised: Endpoint, now: number): void {
    this.#settled = now - this.#signalledAt >= SETTLE_MS;
    const rank = this.mode.learning === 'heuristic' ? resemblance(source, advertised) : 0;
    const timely = this.mode.learning === 'heuristic' || this.#settled;
    if (!timely || rank >= this.#rank) return;
    this.#rank = rank;
    this.endpoint = { address: source.address, port: source.port };
  }
}

/** 0: the SDP's address and port; 1: its address; 2: its port; 3: neither. */
function resemblance(source: Endpoint, advertised: Endpoint): number {
  if (source.address === advertised.address) return source.port === advertised.port ? 0 : 1;
  return source.port === advertised.port ? 2 : 3;
}

function same(a: Endpoint | undefined, b: Endpoint | undefined): boolean {
  return a?.port === b?.port && a?.address === b?.address;
}
