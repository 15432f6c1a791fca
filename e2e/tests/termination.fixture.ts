// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import type { CallRecord } from '@trunkline/sip-proxy/records';
import {
  eventually,
  requireProgram,
  sdp,
  SipPeer,
  startTrunkline,
  type InviteOptions,
  type MediaBackend,
  type OutgoingCall,
  type PeerMessage,
  type Resource,
  type SipPeerOptions,
  type Trunkline,
} from '../src/index.ts';

export const backends: MediaBackend[] = requireProgram('rtpengine')
  ? ['embedded', 'rtpengine']
  : ['embedded'];

/** A number that the carrier of these tests serves. */
export const CALLED = '+442079460123';

/** Starting `trunkline up`, and ending it. */
export const START_MS = 90_000;
export const STOP_MS = 40_000;

export const domainOf = (trunk: string): string => `${trunk}.pstn.example.com`;

/** Nobody hears the media of these tests: discard, RFC 863. */
export const offer = (address = '127.0.0.1', options: Partial<Parameters<typeof sdp>[0]> = {}): string =>
  sdp({ address, port: 9, ...options });

/** One `trunkline up` and the peers around it; `close` ends them all. */
export class Stage {
  readonly #peers: SipPeer[] = [];
  #up: Trunkline | undefined;

  get up(): Trunkline {
    if (this.#up) return this.#up;
    throw new Error('trunkline up is not started');
  }

  /** A gateway that answers every call, unless its `onInvite` is replaced. To be opened before `start`. */
  async gateway(address = '127.0.0.2', options: Partial<SipPeerOptions> = {}): Promise<SipPeer> {
    const gateway = await SipPeer.open({ address, name: 'pstn', ...options });
    gateway.onInvite = async (call) => {
      await call.answer(offer(address));
    };
    this.#peers.push(gateway);
    return gateway;
  }

  async start(manifests: Resource[], media: MediaBackend, sip?: string): Promise<void> {
    this.#up = await startTrunkline({ manifests, media, ...(sip === undefined ? {} : { sip }) });
  }

  /** A customer's or a stranger's socket. */
  async peer(address: string, options: Partial<SipPeerOptions> = {}): Promise<SipPeer> {
    const peer = await SipPeer.open({ address, name: 'pbx', proxy: this.up.sip, ...options });
    this.#peers.push(peer);
    return peer;
  }

  /** A call through a trunk to `CALLED`, with an offer, unless `over` says otherwise. */
  call(peer: SipPeer, trunk: string, over: Partial<InviteOptions> & { from: string }): OutgoingCall {
    return peer.invite({ to: `sip:${CALLED}@${domainOf(trunk)}`, sdp: offer('127.0.0.1'), ...over });
  }

  async close(): Promise<void> {
    await this.#up?.stop();
    for (const peer of this.#peers) await peer.close();
  }

  /** The call is refused in these words on the wire, and its record says the same. */
  async refused(call: OutgoingCall, refusal: Refusal): Promise<CallRecord> {
    const final = await call.final();
    expectRefusal(final, refusal);
    const record = await this.up.record(call.callId);
    expectRefusalRecord(record, refusal);
    return record;
  }

  /** The call reaches a target and is answered; it is hung up again. Gives its record. */
  async carried(call: OutgoingCall): Promise<CallRecord> {
    await call.answered();
    expect((await call.bye()).status).toBe(200);
    const record = await this.up.record(call.callId);
    expect(record).toMatchObject({
      direction: 'termination',
      status: 'completed',
      sipStatus: 200,
      outcomeCode: 'answered',
      hungUpBy: 'caller',
    });
    expect(failedChecks(record)).toEqual([]);
    return record;
  }

  /** The call is answered 407, and answered 407 again where it had credentials. */
  async challenged(call: OutgoingCall): Promise<PeerMessage> {
    const final = await call.final();
    expect(`${final.status} ${final.reason}`).toBe('407 Proxy Authentication Required');
    return final;
  }

  /**
   * What a Kubernetes install can set and `trunkline up` has no flag for, written into the shard that the proxy watches.
   * `up` would put it right again: its manifests are taken away first, and what was applied stays in force.
   */
  async setUnknownDomain(unknownDomain: 'reject' | 'drop'): Promise<void> {
    rmSync(this.up.manifestDir, { recursive: true });
    await eventually('trunkline up to miss its manifests', () => this.up.log().includes('stays in force'));
    const shards = join(this.up.dataDir, 'shards');
    const shard = JSON.parse(readFileSync(join(shards, 'global.json'), 'utf8')) as Record<string, unknown>;
    delete shard.revision;
    const content = { ...shard, unknownDomain };
    const revision = createHash('sha256').update(canonicalJson(content)).digest('hex');
    writeFileSync(join(shards, '.global.tmp'), JSON.stringify({ ...content, revision }));
    renameSync(join(shards, '.global.tmp'), join(shards, 'global.json'));
    await eventually('the proxy to apply the shard', () =>
      readFileSync(join(shards, 'acks', 'up.json'), 'utf8').includes(revision),
    );
  }
}

export interface Refusal {
  /** Status and reason phrase: `403 Forbidden`. */
  line: string;
  code: string;
  /** Name of the check that failed. */
  check: string;
  /** Part of the text of the Reason header. */
  text?: string;
}

/** A call that is to be refused: how it is placed, and how it is refused. */
export type RefusedCall = [name: string, place: () => OutgoingCall | Promise<OutgoingCall>, refusal: Refusal];

/** A test for each call. All are placed before the first test: a record is stored a while after its call. */
export const itRefuses = (stage: Stage, calls: RefusedCall[]): void => {
  const placed = new Map<string, OutgoingCall>();
  beforeAll(async () => {
    for (const [name, place] of calls) placed.set(name, await place());
  });
  it.each(calls)('refuses %s', async (name, _, refusal) => {
    const call = placed.get(name);
    if (!call) throw new Error(`${name} was not placed`);
    await stage.refused(call, refusal);
  });
};

export const expectRefusal = (final: PeerMessage, { line, code, text = '' }: Refusal): void => {
  const { status, reason, trunklineCause } = final;
  expect({ line: `${status} ${reason}`, cause: trunklineCause }).toEqual({ line, cause: code });
  expect(final.header('Reason')).toContain(text);
};

export const expectRefusalRecord = (record: CallRecord, { line, code, check }: Refusal): void => {
  expect(record).toMatchObject({
    sipStatus: Number(line.slice(0, 3)),
    outcomeCode: code,
    hungUpBy: 'trunkline',
    durationSeconds: 0,
    attempts: [],
  });
  expect(record.status).not.toBe('completed');
  // The check that refused is the last one, and the only one that failed.
  expect(failedChecks(record)).toEqual([check]);
  expect(record.trace.at(-1)?.check).toBe(check);
};

const failedChecks = (record: CallRecord): string[] =>
  record.trace.filter(({ result }) => result === 'fail').map(({ check }) => check);

/** Keys sorted, no blanks: what a shard's revision is the SHA-256 of. */
const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonicalJson(one)}`).join(',')}}`;
};
