// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SipMessage } from '../message/index.ts';
import { encodeFrame, encodeSipFrame, FrameDecoder, FrameError } from './frame-codec.ts';

describe('encodeSipFrame', () => {
  it('writes a reason phrase that srf can read', () => {
    const message: SipMessage = {
      kind: 'response',
      status: 486,
      reason: 'Occup\u00e9 \u2028\u2029\u65e5',
      headers: [],
      body: Buffer.alloc(0),
    };
    expect(encodeSipFrame(message, () => 'x').toString()).toContain('SIP/2.0 486 Occup\u00e9 ??\u65e5\r\n');
  });
});

describe('FrameDecoder', () => {
  it('gives back what was framed, wherever the stream is cut', () => {
    const payloads = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(payloads, fc.array(fc.nat(400), { maxLength: 8 }), (texts, cuts) => {
        const stream = Buffer.concat(texts.map(encodeFrame));
        const decoder = new FrameDecoder();
        const places = [...cuts.map((cut) => cut % (stream.length + 1)), 0, stream.length].sort(
          (a, b) => a - b,
        );
        const seen: string[] = [];
        for (let n = 1; n < places.length; n++) {
          for (const payload of decoder.push(stream.subarray(places[n - 1], places[n])))
            seen.push(payload.toString());
        }
        expect(seen).toEqual(texts);
      }),
    );
  });

  it('takes a frame that comes byte by byte', () => {
    const decoder = new FrameDecoder();
    const seen: string[] = [];
    for (const byte of encodeFrame('1|ping')) seen.push(...decoder.push(Buffer.from([byte])).map(String));
    expect(seen).toEqual(['1|ping']);
  });

  it('counts bytes, not characters', () => {
    expect(encodeFrame('é€😀').toString()).toBe('9#é€😀');
  });

  it('takes five digits and no more', () => {
    const decoder = new FrameDecoder();
    const payload = 'x'.repeat(99_999);
    expect(decoder.push(Buffer.from(`99999#${payload}`))[0]?.length).toBe(99_999);
    expect(() => new FrameDecoder().push(Buffer.from('100000#'))).toThrow(FrameError);
    expect(() => new FrameDecoder().push(Buffer.from('000001'))).toThrow(FrameError);
  });

  it.each(['#x', '0#', 'abc', '-1#x', ' 5#hello', '5 #hello', '1e3#x', '\r\n5#hello'])(
    'refuses the length field of %j',
    (text) => {
      expect(() => new FrameDecoder().push(Buffer.from(text))).toThrow(/length field/);
    },
  );
});

describe('encodeSipFrame', () => {
  const message: SipMessage = {
    kind: 'response',
    status: 200,
    reason: 'OK',
    headers: [{ name: 'Subject', value: 'é' }],
    body: Buffer.from('v=0€'),
  };

  it('puts tokens, CRLF and the message into one frame and tells the size of the message', () => {
    const sip = 'SIP/2.0 200 OK\r\nSubject: é\r\n\r\nv=0€';
    const frame = encodeSipFrame(message, (size) => `a|sip|${size}|`);
    const [payload] = new FrameDecoder().push(frame);
    expect(payload?.toString()).toBe(`a|sip|${Buffer.byteLength(sip)}|\r\n${sip}`);
  });

  it('ends the headers with an empty line also without a body', () => {
    const frame = encodeSipFrame({ ...message, headers: [], body: Buffer.alloc(0) }, () => 'a|sip');
    expect(frame.toString().endsWith('a|sip\r\nSIP/2.0 200 OK\r\n\r\n')).toBe(true);
  });
});
