// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CallRecord } from '@trunkline/sip-proxy/records';
import { setTimeout as wait } from 'node:timers/promises';
import {
  carrier,
  onDrachtio,
  openLossyUdp,
  sdp,
  SipPeer,
  startTrunkline,
  timesOutOfOrder,
  trunk,
  type IncomingCall,
  type LossyUdp,
  type OutgoingCall,
  type Trunkline,
} from '../src/index.ts';

const CALLS = 500;
const PER_SECOND = 12;
const SHARES = { lost: 0.1, duplicated: 0.1, reordered: 0.1 };
const SEED = Number(process.env.LOSSY_SEED ?? 1);

/** RFC 3261 timers B, F and H of the ends, and a little more. */
const PATIENCE_MS = 40_000;
/** drachtio-server forgets a BYE after its timer J of 4 s: one that is repeated after that is to no call that it knows. */
const GOODBYES = onDrachtio ? [200, 481] : [200];
/** A telephone that nobody answers. */
const RINGS_MS = 25_000;

const KINDS = ['caller hangs up', 'callee hangs up', 'busy', 'caller gives up'] as const;

interface Script {
  number: string;
  kind: (typeof KINDS)[number];
  /** The PBX is known by its password, not by its address. */
  digest: boolean;
  /** Until the answer, and from there to the end. */
  ringsMs: number;
  talkMs: number;
}

const scripts = Array.from({ length: CALLS }, (_, index): Script => {
  const kind = KINDS[index % KINDS.length] ?? 'busy';
  return {
    number: `+44207946${`${index}`.padStart(4, '0')}`,
    kind,
    digest: kind !== 'caller gives up' && index % 3 === 0,
    ringsMs: (index * 37) % 400,
    // Some hang up right behind the ACK.
    talkMs: (index * 131) % 5 === 0 ? 0 : (index * 97) % 1_200,
  };
});
const scriptOf = (number: string): Script | undefined => scripts.find((script) => script.number === number);
const numberOf = (text: string): string => /\+44207946\d{4}/.exec(text)?.[0] ?? '';

/** How a call ended for its callee. */
type CalleeEnd =
  'caller hung up' | 'callee hung up' | 'refused' | 'cancelled' | 'never acknowledged' | 'unknown to us';

/** What the callee's side saw of one INVITE. */
interface Arrival {
  number: string;
  call: IncomingCall;
  end: Promise<CalleeEnd>;
}

const arrivals: Arrival[] = [];

/** Ends of calls that answered: theirs or ours, or the ACK never came. */
const talked = async (
  call: IncomingCall,
  { kind, talkMs }: Script,
  ack: Promise<unknown>,
): Promise<CalleeEnd> => {
  const over = call.over.then((): CalleeEnd => 'caller hung up');
  const acked = ack.then(
    () => true,
    () => false,
  );
  if (kind !== 'callee hangs up') {
    const never = acked.then((came): CalleeEnd | Promise<CalleeEnd> => (came ? over : 'never acknowledged'));
    return Promise.race([over, never]);
  }
  if (!(await acked)) return Promise.race([over, wait(0, 'never acknowledged' as const)]);
  await wait(talkMs);
  const { status } = await call.bye({ patienceMs: PATIENCE_MS });
  return status === 200 ? 'callee hung up' : 'unknown to us';
};

const serve = async (call: IncomingCall, script: Script): Promise<CalleeEnd> => {
  const cancelled = call.cancelled(RINGS_MS).then((): CalleeEnd => 'cancelled');
  cancelled.catch(() => undefined);
  call.ring();
  if (script.kind === 'caller gives up') {
    return cancelled.catch(async (): Promise<CalleeEnd> => {
      await call.reject(480).catch(() => undefined);
      return 'refused';
    });
  }
  await wait(script.ringsMs);
  if (script.kind === 'busy') {
    const acked = await call.reject(486).catch(() => undefined);
    return acked ? 'refused' : 'never acknowledged';
  }
  // Discard, RFC 863: no media in this test.
  return talked(call, script, call.answer(sdp({ address: '127.0.0.2', port: 9 })));
};

const place = async (pbx: SipPeer, path: LossyUdp, script: Script): Promise<OutgoingCall> => {
  const call = pbx.invite({
    to: `sip:${script.number}@${script.digest ? 'digest' : 'address'}.pstn.example.com`,
    from: script.digest ? '+15550101' : '+15550100',
    proxy: path.atEnd,
    sdp: sdp({ address: pbx.address, port: 9 }),
    ...(script.digest ? { auth: { username: 'pbx', password: 'Demo-Password-1' } } : {}),
  });
  if (script.kind === 'caller gives up') {
    await Promise.race([
      call.response(180, PATIENCE_MS),
      call.response(100, PATIENCE_MS).then(() => wait(700)),
    ]);
    await wait(script.talkMs);
    await call.cancel().catch(() => undefined);
  }
  const final = await call.final(PATIENCE_MS);
  if (final.status >= 300) return call;
  if (script.kind === 'caller hangs up') {
    await wait(script.talkMs);
    expect(GOODBYES).toContain((await call.bye({ patienceMs: PATIENCE_MS })).status);
  } else {
    await call.ended(PATIENCE_MS);
  }
  return call;
};

/** drachtio-server refuses an INVITE with credentials by itself where the ACK of the 407 was lost: the proxy never hears of it. */
const refusedByEngine = (call: PromiseSettledResult<OutgoingCall> | undefined): boolean =>
  onDrachtio && call?.status === 'fulfilled' && call.value.responses.some(({ status }) => status === 491);

/** What the record must say, as the caller saw it. */
const expectedOf = ({ kind }: Script): Partial<CallRecord> => {
  switch (kind) {
    case 'caller hangs up':
      return { status: 'completed', sipStatus: 200, outcomeCode: 'answered', hungUpBy: 'caller' };
    case 'callee hangs up':
      return { status: 'completed', sipStatus: 200, outcomeCode: 'answered', hungUpBy: 'callee' };
    case 'busy':
      return { status: 'busy', sipStatus: 486, outcomeCode: 'final-answer' };
    case 'caller gives up':
      return { status: 'canceled', sipStatus: 487, outcomeCode: 'caller-cancelled', hungUpBy: 'caller' };
  }
};

/** What a record says and should not. */
const mistakes = (record: CallRecord): string[] => {
  const script = scriptOf(record.to);
  const expected = Object.entries(script ? expectedOf(script) : { to: 'a number that was called' });
  return expected
    .map(([key, value]) => [key, value, record[key as keyof CallRecord]] as const)
    .filter(([, wanted, found]) => wanted !== found)
    .map(([key, wanted, found]) => `${key} is ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
};

/** An INVITE that had no answer at all in 4 s: the call went on to the next gateway. */
const unheard = ({ status }: CallRecord['attempts'][number]): boolean => status === 0;

/** A gateway's provisional answer that came through. */
const ANSWERED = / toOther 1\d\d INVITE(?!.* lost)/;

/** How the call that counts must have ended for its callee. */
const endOf = (script: Script | undefined): CalleeEnd | undefined => {
  switch (script?.kind) {
    case 'caller hangs up':
      return 'caller hung up';
    case 'callee hangs up':
      return 'callee hung up';
    case 'busy':
      return 'refused';
    case 'caller gives up':
      return 'cancelled';
    case undefined:
  }
  return undefined;
};

describe('calls over bad paths: 10 % of the datagrams lost, 10 % twice, 10 % out of order, on both sides', () => {
  let up: Trunkline;
  let pbx: SipPeer;
  const gateways: SipPeer[] = [];
  const paths: LossyUdp[] = [];

  beforeAll(async () => {
    pbx = await SipPeer.open({ address: '127.0.0.3', name: 'pbx' });
    for (const [index, address] of ['127.0.0.2', '127.0.0.4'].entries()) {
      const gateway = await SipPeer.open({ address, name: 'pstn' });
      gateway.onInvite = (call) => {
        const script = scriptOf(numberOf(call.invite.uri));
        if (!script) throw new Error(`a call to ${call.invite.uri}`);
        const end = serve(call, script);
        end.catch(() => undefined);
        arrivals.push({ number: script.number, call, end });
      };
      gateways.push(gateway);
      const addresses = { atEnd: `127.0.0.${20 + index}`, atOther: `127.0.0.${30 + index}` };
      const options = { end: gateway, addresses, shares: SHARES, seed: SEED * 10 + index, callOf: numberOf };
      paths.push(await openLossyUdp(options));
    }
    const users = { pbx: 'Demo-Password-1' };
    up = await startTrunkline({
      mediaPorts: 1_600,
      manifests: [
        ...trunk('address', { acl: ['127.0.0.6/32'], numbers: ['+15550100'] }),
        ...trunk('digest', { users, numbers: ['+15550101'] }),
        carrier(
          'pstn',
          paths.map(({ atOther }, index) => ({ host: atOther.address, port: atOther.port, priority: index })),
        ),
      ],
    });
    const addresses = { atEnd: '127.0.0.5', atOther: '127.0.0.6' };
    paths.unshift(
      await openLossyUdp({
        end: pbx,
        other: up.sip,
        addresses,
        shares: SHARES,
        seed: SEED * 10 + 9,
        callOf: numberOf,
      }),
    );
  }, 90_000);

  const withHistory = <Told extends { number?: string }>(told: Told) => {
    const messages = paths.flatMap((path) => path.history(told.number ?? ''));
    return { ...told, messages: messages.toSorted() };
  };

  afterAll(async () => {
    await up.stop();
    for (const peer of [pbx, ...gateways]) await peer.close();
    for (const path of paths) await path.close();
  }, 60_000);

  it(`${CALLS} calls end on both sides, with one right record each, and nothing is left`, async () => {
    const [toUp] = paths;
    if (!toUp) throw new Error('no path');
    const placed: Promise<PromiseSettledResult<OutgoingCall>>[] = [];
    const start = Date.now();
    for (const [index, script] of scripts.entries()) {
      await wait(Math.max(0, start + (index * 1000) / PER_SECOND - Date.now()));
      placed.push(Promise.allSettled([place(pbx, toUp, script)]).then(([settled]) => settled));
    }
    const settled = await Promise.all(placed);
    const failed = settled.flatMap((call, index) =>
      call.status === 'rejected' ? [{ ...scripts[index], error: String(call.reason) }] : [],
    );
    expect(failed.map(withHistory)).toEqual([]);

    const ends = await Promise.all(arrivals.map(async ({ number, end }) => ({ number, end: await end })));
    await up.expectIdle(PATIENCE_MS);

    const records = await up.calls();
    const numbers = scripts.map(({ number }) => number);
    const known = numbers.filter((_, index) => !refusedByEngine(settled[index]));
    const missing = known.filter((number) => !records.some(({ to }) => to === number));
    expect(missing.map((number) => withHistory({ number }))).toEqual([]);
    expect(records.map(({ to }) => to).sort()).toEqual(known);
    const wrong = records.map((record) => ({ number: record.to, mistakes: mistakes(record) }));
    expect(wrong.filter(({ mistakes: some }) => some.length > 0).map(withHistory)).toEqual([]);
    expect(records.flatMap(timesOutOfOrder)).toEqual([]);
    const silent = new Set(records.filter(({ attempts }) => attempts.some(unheard)).map(({ to }) => to));
    // Without a provisional answer no CANCEL may be sent (RFC 3261, 9.1): such a gateway rings until it gives up.
    const [, ...toGateways] = paths;
    const uncancellable = (number: string) =>
      scriptOf(number)?.kind === 'caller gives up' &&
      !toGateways.some((path) => path.history(number).some((message) => ANSWERED.test(message)));
    const odd = ends.filter(
      ({ number, end }) => end !== endOf(scriptOf(number)) && !silent.has(number) && !uncancellable(number),
    );
    expect(odd.map(withHistory)).toEqual([]);

    // The paths were as bad as they should be.
    for (const { counts } of paths.slice(0, 2)) {
      expect(counts.seen).toBeGreaterThan(3_000);
      for (const share of ['lost', 'duplicated', 'reordered'] as const)
        expect(counts[share] / counts.seen).toBeGreaterThan(0.07);
    }
  }, 240_000);
});
