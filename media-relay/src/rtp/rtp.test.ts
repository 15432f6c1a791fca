// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { decodeUlaw, encodeUlaw } from './g711.ts';
import { createRtpPeer, readRtp, sdpEndpoint, writeRtp } from './index.ts';
import { measureTone, toneFrame } from './tone.ts';

describe('PCMU', () => {
  it('has the code points of ITU-T G.711 table 2a', () => {
    expect([0, 32_767, -32_767].map(encodeUlaw)).toEqual([0xff, 0x80, 0x00]);
    expect([0xff, 0x80, 0x00].map(decodeUlaw)).toEqual([0, 32_124, -32_124]);
  });

  it('gives every code back from its own sample', () => {
    // 0x7f is the second code for zero.
    const codes = Array.from({ length: 256 }, (_, code) => code).filter((code) => code !== 0x7f);
    expect(codes.map((code) => encodeUlaw(decodeUlaw(code)))).toEqual(codes);
  });
});

describe('the tone', () => {
  it.each([440, 880, 1004])('of %i Hz is measured as what it is', (frequency) => {
    const payload = Buffer.concat(Array.from({ length: 25 }, (_, i) => toneFrame(frequency, i * 160)));
    expect(measureTone(payload).frequencyHz).toBeGreaterThan(frequency - 10);
    expect(measureTone(payload).frequencyHz).toBeLessThan(frequency + 10);
    expect(measureTone(payload).level).toBeCloseTo(0.354, 1);
  });

  it('is silence where nothing sounds', () => {
    expect(measureTone(Buffer.alloc(800, 0xff))).toEqual({ frequencyHz: 0, level: 0 });
    expect(measureTone(Buffer.alloc(0)).frequencyHz).toBe(0);
  });
});

describe('RTP packets', () => {
  const packet = {
    payloadType: 8,
    sequence: 65_535,
    timestamp: 2 ** 32 - 1,
    ssrc: 7,
    payload: Buffer.from('audio'),
  };

  it('are read as they were written', () => {
    expect(readRtp(writeRtp(packet))).toEqual(packet);
  });

  it('are read past contributing sources, extension and padding', () => {
    const plain = writeRtp({ ...packet, payload: Buffer.alloc(0) });
    const extended = Buffer.concat([
      plain,
      Buffer.from('0000000100010001eeeeeeee', 'hex'),
      Buffer.from('audio\0\0\x03'),
    ]);
    extended[0] = 0xb1;
    expect(readRtp(extended)?.payload.toString()).toBe('audio');
  });

  it.each([
    '',
    '80',
    '00'.repeat(40),
    `b0${'00'.repeat(11)}`,
    `90${'00'.repeat(13)}ffff`,
    `a0${'00'.repeat(11)}ff`,
  ])('are refused: %s', (hex) => {
    expect(readRtp(Buffer.from(hex, 'hex'))).toBeUndefined();
  });
});

describe('two peers', () => {
  it('hear each other, each the tone of the other', async () => {
    const [a, b] = await Promise.all([
      createRtpPeer({ frequencyHz: 440 }),
      createRtpPeer({ frequencyHz: 880 }),
    ]);
    a.start(b.sdp());
    b.start(sdpEndpoint(a.sdp()));
    await Promise.all([a.hears(30), b.hears(30)]);
    expect(Math.round(a.tone().frequencyHz / 20)).toBe(44);
    expect(Math.round(b.tone().frequencyHz / 20)).toBe(22);
    expect(b.lastSource).toEqual({ address: a.address, port: a.port });
    await Promise.all([a.close(), b.close()]);
  });

  it('says how much was heard when it was too little', async () => {
    const peer = await createRtpPeer();
    await expect(peer.hears(3, 50)).rejects.toThrow('heard 0 of 3 packets in 50 ms');
    await peer.close();
  });
});
