// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { sdpEndpoint, type RtpPeer } from '../rtp/index.ts';
import { call, hearsNothing, talk } from './call-on-stage.ts';
import { onEachBackend } from './contract.ts';

const direction = (sdp: string): string | undefined =>
  /^a=(sendrecv|sendonly|recvonly|inactive)/m.exec(sdp)?.[1];
const version = (sdp: string): number => Number(/^o=\S+ \S+ (\d+)/m.exec(sdp)?.[1]);
const port = (sdp: string): number => sdpEndpoint(sdp).port;
const formats = (sdp: string): string | undefined => /^m=audio \d+ RTP\/AVP (.*?)\r?$/m.exec(sdp)?.[1];

onEachBackend('a call', (stage) => {
  it('carries audio both ways and counts its packets', async () => {
    const legs = await call(stage());
    talk(legs);
    await Promise.all([legs.caller.hears(40), legs.callee.hears(40)]);
    legs.caller.stop();
    legs.callee.stop();
    expect(Math.round(legs.caller.tone().frequencyHz / 20)).toBe(44);
    expect(Math.round(legs.callee.tone().frequencyHz / 20)).toBe(22);
    // Each hears from the port that it sends to: symmetric, as NAT needs it.
    expect(legs.caller.lastSource).toEqual(sdpEndpoint(legs.toCaller));
    expect(legs.callee.lastSource).toEqual(sdpEndpoint(legs.toCallee));
    await delay(50);
    const statistics = await legs.session.close();
    expect(statistics).toEqual({ packetsFromCaller: legs.caller.sent, packetsFromCallee: legs.callee.sent });
    expect([legs.caller.received, legs.callee.received]).toEqual([legs.callee.sent, legs.caller.sent]);
    expect(await legs.session.close()).toEqual(statistics);
  });

  it('has media in both directions before the callee answers finally, and the same SDP again after', async () => {
    const legs = await call(stage());
    talk(legs);
    await Promise.all([legs.caller.hears(5), legs.callee.hears(5)]);
    expect(await legs.session.answer('callee', legs.callee.sdp())).toBe(legs.toCaller);
    await Promise.all([legs.caller.hears(5), legs.callee.hears(5)]);
    await legs.session.close();
  });

  it('goes on to a second callee after early media, and the caller keeps its port', async () => {
    const legs = await call(stage());
    talk(legs);
    await legs.caller.hears(5);
    legs.callee.stop();
    const second = await stage().peer({ frequencyHz: 1200 });
    const again = await legs.session.offer('caller', legs.caller.sdp());
    expect(port(again)).toBe(port(legs.toCallee));
    const answered = await legs.session.answer('callee', second.sdp());
    expect(port(answered)).toBe(port(legs.toCaller));
    second.start(again);
    await Promise.all([second.hears(30), legs.caller.hears(30)]);
    expect(Math.round(legs.caller.tone().frequencyHz / 20)).toBe(60);
    expect(await hearsNothing(legs.callee)).toBe(true);
    await legs.session.close();
  });

  it('goes on to a second callee without a new offer', async () => {
    const legs = await call(stage());
    const second = await stage().peer();
    expect(port(await legs.session.answer('callee', second.sdp()))).toBe(port(legs.toCaller));
    talk({ ...legs, callee: second });
    await Promise.all([second.hears(5), legs.caller.hears(5)]);
    await legs.session.close();
  });

  it.each([
    ['caller', 'callee'],
    ['callee', 'caller'],
  ] as const)('is held and resumed by the %s', async (holder, held) => {
    const legs = await call(stage());
    const shown = { caller: legs.toCaller, callee: legs.toCallee };
    const offered = await legs.session.offer(holder, legs[holder].sdp({ direction: 'sendonly', version: 2 }));
    expect(direction(offered)).toBe('sendonly');
    expect(port(offered)).toBe(port(shown[held]));
    expect(version(offered)).toBe(version(shown[held]) + 1);
    const answered = await legs.session.answer(held, legs[held].sdp({ direction: 'recvonly', version: 2 }));
    expect(direction(answered)).toBe('recvonly');
    expect(port(answered)).toBe(port(shown[holder]));

    const resumed = await legs.session.offer(holder, legs[holder].sdp({ version: 3 }));
    expect(direction(resumed)).toBe('sendrecv');
    expect(port(resumed)).toBe(port(shown[held]));
    expect(port(await legs.session.answer(held, legs[held].sdp({ version: 3 })))).toBe(port(shown[holder]));
    talk(legs);
    await Promise.all([legs.caller.hears(10), legs.callee.hears(10)]);
    await delay(30);
    const statistics = await legs.session.close();
    expect(statistics.packetsFromCaller).toBeGreaterThan(5);
    expect(statistics.packetsFromCallee).toBeGreaterThan(5);
  });

  it('is re-invited from both sides in turn, with the peer at a new port', async () => {
    const legs = await call(stage());
    talk(legs);
    await legs.caller.hears(5);
    const moved = await stage().peer({ frequencyHz: 1200 });
    const offered = await legs.session.offer('callee', moved.sdp({ version: 2 }));
    expect(port(offered)).toBe(port(legs.toCaller));
    legs.callee.stop();
    const answered = await legs.session.answer('caller', legs.caller.sdp());
    moved.start(answered);
    await Promise.all([moved.hears(10), legs.caller.hears(10)]);
    expect(port(await legs.session.offer('caller', legs.caller.sdp()))).toBe(port(legs.toCallee));
    expect(port(await legs.session.answer('callee', moved.sdp({ version: 3 })))).toBe(port(legs.toCaller));
    await Promise.all([moved.hears(10), legs.caller.hears(10)]);
    await legs.session.close();
  });
});

onEachBackend('the SDP that is passed on', (stage) => {
  it('shows nothing of the other party: no address, no ICE, no keys', async () => {
    const attributes = [
      'rtcp:9 IN IP4 192.0.2.1',
      'candidate:1 1 UDP 2130706431 192.0.2.1 9 typ host',
      'ice-ufrag:F7gI',
      'ice-pwd:x9cml/YzichV2+XlhiMu8g',
      'crypto:1 AES_CM_128_HMAC_SHA1_80 inline:MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw',
      'ptime:20',
    ];
    const session = stage().session();
    const caller = await stage().peer();
    const sdp = await session.offer('caller', caller.sdp({ address: '192.0.2.1', attributes }));
    expect(sdp).not.toMatch(/192\.0\.2\.1|candidate|ice-|crypto/);
    expect(sdp).toMatch(/^o=- 1 1 IN IP4 127\.0\.0\.1\r$/m);
    expect(sdp).toContain('c=IN IP4 127.0.0.1\r\n');
    expect(sdp).toContain(`a=rtcp:${port(sdp) + 1}\r\n`);
    expect(sdp).toContain('a=ptime:20\r\n');
    await session.close();
  });

  it('has the allowed codecs alone, in their order, and DTMF and comfort noise', async () => {
    const codecs = [
      '9 G722/8000',
      '0 PCMU/8000',
      '18 G729/8000',
      '8 PCMA/8000',
      '13 CN/8000',
      '101 telephone-event/8000',
    ];
    const session = stage().session({ codecs: ['PCMA', 'PCMU'] });
    const [caller, callee] = [await stage().peer(), await stage().peer()];
    const sdp = await session.offer('caller', caller.sdp({ codecs }));
    expect(formats(sdp)).toMatch(/^8 0 (13 101|101 13)$/);
    expect(sdp).not.toMatch(/G722|G729/);
    expect(sdp).toContain('a=rtpmap:101 telephone-event/8000');
    // What was not offered to the callee has no place in the answer either.
    const answer = await session.answer(
      'callee',
      callee.sdp({ codecs: ['8 PCMA/8000', '9 G722/8000', '101 telephone-event/8000'] }),
    );
    expect(formats(answer)).toBe('8 101');
    await session.close();
  });

  it('keeps the codecs and their order where no list is given', async () => {
    const session = stage().session();
    const caller = await stage().peer();
    const codecs = ['18 G729/8000', '8 PCMA/8000', '101 telephone-event/8000'];
    expect(formats(await session.offer('caller', caller.sdp({ codecs })))).toBe('18 8 101');
    await session.close();
  });

  it('carries a change to T.38 and back', async () => {
    const legs = await call(stage(), { codecs: ['PCMU'] });
    const image = (from: RtpPeer): string =>
      legs.caller.sdp().replace(/^m=audio[^]*/m, `m=image ${from.port} udptl t38\r\na=T38FaxVersion:0\r\n`);
    const offered = await legs.session.offer('callee', image(legs.callee));
    expect(offered).toMatch(/^m=image [1-9]\d* udptl t38\r$/m);
    expect(await legs.session.answer('caller', image(legs.caller))).toContain('a=T38FaxVersion:0');
    expect(formats(await legs.session.offer('callee', legs.callee.sdp()))).toBe('0 101');
    await legs.session.answer('caller', legs.caller.sdp());
    talk(legs);
    await Promise.all([legs.caller.hears(5), legs.callee.hears(5)]);
    await legs.session.close();
  });
});

onEachBackend('its log', (stage, { name }) => {
  it('knows every flag and key that is sent', async () => {
    const legs = await call(stage(), { caller: true, callee: false, codecs: ['PCMU'] });
    await legs.session.offer('callee', legs.callee.sdp({ version: 2 }));
    await legs.session.answer('caller', legs.caller.sdp({ version: 2 }));
    await legs.session.close();
    expect(stage().backend.log()).not.toMatch(/Unknown .*(flag|key|option)/i);
    if (name === 'rtpengine') {
      // The check can fail: this is what a misspelt flag looks like.
      await stage().command('offer', {
        'call-id': 'typo',
        'from-tag': 'a',
        sdp: legs.caller.sdp(),
        flags: ['strict-sauce'],
      });
      expect(stage().backend.log()).toMatch(/Unknown .*(flag|key|option)/i);
    }
  });
});
