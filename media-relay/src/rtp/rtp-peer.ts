// SPDX-License-Identifier: Apache-2.0
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { randomInt } from 'node:crypto';
import { sdpBody, sdpEndpoint, type SdpChoices } from './peer-sdp.ts';
import { readRtp, writeRtp } from './rtp-packet.ts';
import { FRAME, measureTone, toneFrame, type MeasuredTone } from './tone.ts';

export interface RtpAddress {
  address: string;
  port: number;
}

export interface RtpPeerOptions {
  /** IPv4 address to bind; 127.0.0.1 unless given. */
  address?: string;
  /** 0 or absent: any free port. */
  port?: number;
  /** Frequency of the tone that it sends; 440. */
  frequencyHz?: number;
}

const PCMU = 0;
const PACKET_MS = 20;
/** Half a second of the audio heard last is kept for measuring. */
const KEPT_PACKETS = 25;

/** A telephone's media: sends a PCMU tone, counts and measures what it hears. */
export class RtpPeer {
  readonly address: string;
  readonly port: number;
  /** Packets sent. */
  sent = 0;
  /** RTP packets heard. */
  received = 0;
  /** Where the last packet came from. */
  lastSource: RtpAddress | undefined;
  readonly #socket: Socket;
  readonly #frequencyHz: number;
  readonly #ssrc = randomInt(2 ** 32);
  #heard: Buffer[] = [];
  #timer: NodeJS.Timeout | undefined;
  #waiting: (() => void)[] = [];

  constructor(socket: Socket, frequencyHz: number) {
    this.#socket = socket;
    this.#frequencyHz = frequencyHz;
    ({ address: this.address, port: this.port } = socket.address());
    socket.on('message', (packet, source) => {
      this.#receive(packet, source);
    });
    socket.on('error', () => undefined);
  }

  /** Its SDP, as an offer or an answer. */
  sdp(choices: SdpChoices = {}): string {
    return sdpBody({ address: this.address, port: this.port, ...choices });
  }

  /** Sends 50 packets a second to an address, or to where an SDP says; calling it again changes the destination. */
  start(remote: RtpAddress | string): void {
    const to = typeof remote === 'string' ? sdpEndpoint(remote) : remote;
    this.stop();
    const startedAt = performance.now();
    let due = 0;
    this.#timer = setInterval(() => {
      // A late timer catches up, so that the rate holds on a busy machine.
      for (; due * PACKET_MS <= performance.now() - startedAt; due++) this.send(to);
    }, PACKET_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Sends one packet now. */
  send(to: RtpAddress): void {
    const payload = toneFrame(this.#frequencyHz, this.sent * FRAME);
    const packet = writeRtp({
      payloadType: PCMU,
      sequence: this.sent,
      timestamp: this.sent * FRAME,
      ssrc: this.#ssrc,
      payload,
    });
    this.sent++;
    this.#socket.send(packet, to.port, to.address, () => undefined);
  }

  /** What the last half second sounded like. */
  tone(): MeasuredTone {
    return measureTone(Buffer.concat(this.#heard));
  }

  /**
   * Resolves once `count` more packets have been heard.
   *
   * @throws Error after `timeoutMs` (5000)
   */
  async hears(count: number, timeoutMs = 5000): Promise<void> {
    const wanted = this.received + count;
    const deadline = AbortSignal.timeout(timeoutMs);
    while (this.received < wanted) {
      if (deadline.aborted)
        throw new Error(`heard ${this.received - wanted + count} of ${count} packets in ${timeoutMs} ms`);
      await this.#nextPacket(deadline);
    }
  }

  async close(): Promise<void> {
    this.stop();
    await new Promise<void>((resolve) => {
      this.#socket.close(resolve);
    });
  }

  #nextPacket(deadline: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        deadline.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.push(done);
      deadline.addEventListener('abort', done);
    });
  }

  #receive(packet: Buffer, source: RemoteInfo): void {
    const rtp = readRtp(packet);
    if (!rtp) return;
    this.received++;
    this.lastSource = { address: source.address, port: source.port };
    this.#heard.push(rtp.payload);
    if (this.#heard.length > KEPT_PACKETS) this.#heard.shift();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const done of waiting) done();
  }
}

/** Opens a peer's port. */
export function createRtpPeer({
  address = '127.0.0.1',
  port = 0,
  frequencyHz = 440,
}: RtpPeerOptions = {}): Promise<RtpPeer> {
  const socket = createSocket('udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, address, () => {
      socket.off('error', reject);
      resolve(new RtpPeer(socket, frequencyHz));
    });
  });
}
