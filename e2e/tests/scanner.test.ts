// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { carrier, eventually, SipPeer, startTrunkline, trunk, type Trunkline } from '../src/index.ts';
import { openScanner, type Scanner } from './scanner.fixture.ts';

const SCANNED = 2_000;
const SDP =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.3\r\ns=-\r\nc=IN IP4 127.0.0.3\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n';

let up: Trunkline;
let pbx: SipPeer;
let pstn: SipPeer;
let scanner: Scanner;

beforeAll(async () => {
  pbx = await SipPeer.open({ address: '127.0.0.3' });
  pstn = await SipPeer.open({ address: '127.0.0.2' });
  pstn.onInvite = async (call) => {
    await call.answer(SDP);
  };
  up = await startTrunkline({
    manifests: [
      ...trunk('acme', { acl: ['127.0.0.3/32'], numbers: ['+15550100'], targets: [pbx.uri] }),
      carrier('pstn', [{ host: pstn.address, port: pstn.port }]),
    ],
  });
  scanner = await openScanner('127.66.0.1', up.sip);
}, 90_000);
afterAll(async () => {
  scanner.close();
  await up.stop();
  await pbx.close();
  await pstn.close();
}, 30_000);

const metric = async (pattern: RegExp): Promise<number> =>
  Number(pattern.exec(await (await fetch(up.metricsUrl)).text())?.[1] ?? 'NaN');

const placeCall = async () => {
  const call = pbx.invite({
    to: 'sip:+442079460123@acme.pstn.example.com',
    from: '+15550100',
    proxy: up.sip,
    sdp: SDP,
  });
  await call.answered();
  expect((await call.bye()).status).toBe(200);
};

describe('a scanner that sends 2,000 messages at once', () => {
  it('disturbs no call', async () => {
    await Promise.all([scanner.burst(SCANNED), ...Array.from({ length: 10 }, placeCall)]);
    await Promise.all(Array.from({ length: 5 }, placeCall));
  }, 60_000);

  it('is cut off early: most of what it sends is not even read, and is counted', async () => {
    const pids = { ...up.pids };
    const dropped = /trunkline_engine_dropped_total\{[^}]*reason="rate"\} (\d+)/;
    // The kernel may have dropped some itself.
    expect(await metric(dropped)).toBeGreaterThan(SCANNED / 4);
    expect(scanner.counts.answers).toBeLessThan(SCANNED);
    expect(up.pids).toEqual(pids);
  }, 30_000);

  it('leaves nothing behind', async () => {
    const idle = async () => {
      const { proxy, sessions, media, records } = await up.gauges();
      return proxy + sessions + media + records === 0;
    };
    await eventually('calls and records at zero', idle, { timeoutMs: 30_000 });
    // OPTIONS that are ignored are held by the engine until their sender has given up: a third of what was read at most.
    const { engine } = await up.gauges();
    expect(engine).toBeLessThan(SCANNED / 4);
  }, 60_000);
});
