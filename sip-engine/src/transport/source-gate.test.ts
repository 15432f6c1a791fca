// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { createResponse } from '../message/create-response.ts';
import { parseMessage } from '../message/parse-message.ts';
import { serialiseMessage } from '../message/serialise-message.ts';
import type { SipRequest } from '../message/sip-message.ts';
import { showsProgress } from './progress.ts';
import { SourceGate } from './source-gate.ts';
import { sourceKey } from './source-key.ts';

const [A, B] = ['192.0.2.1', '192.0.2.2'];
const HOUR = 3_600_000;

/** How many of `count` messages at `now` get in. */
function admitted(gate: SourceGate, address: string, now: number, count = 5000): number {
  let passed = 0;
  for (let n = 0; n < count; n += 1) if (gate.admits(address, now)) passed += 1;
  return passed;
}

describe('a stranger', () => {
  it('has a burst, then a twentieth of the rate', () => {
    const gate = new SourceGate(1000);
    expect(admitted(gate, A, 0)).toBe(125);
    expect(admitted(gate, A, 1000)).toBe(50);
    expect(admitted(gate, A, HOUR)).toBe(125);
  });

  it('takes nothing from another', () => {
    const gate = new SourceGate(1000);
    admitted(gate, A, 0);
    expect(admitted(gate, B, 0)).toBe(125);
  });

  it('is not helped by a clock that is set back', () => {
    const gate = new SourceGate(1000);
    admitted(gate, A, HOUR);
    expect(admitted(gate, A, 0)).toBe(0);
    expect(admitted(gate, A, 1000)).toBe(50);
  });
});

describe('a known source', () => {
  it('has the whole rate, from the moment on when it gets known', () => {
    const gate = new SourceGate(1000);
    admitted(gate, A, 0);
    gate.vouch(A, 0);
    expect(admitted(gate, A, 0)).toBe(2000);
    expect(admitted(gate, A, 1000)).toBe(1000);
  });

  it('is a stranger again an hour after the last call', () => {
    const gate = new SourceGate(1000);
    gate.vouch(A, 0);
    gate.vouch(A, HOUR / 2);
    expect(gate.isKnown(A, HOUR)).toBe(true);
    expect(gate.isKnown(A, 2 * HOUR)).toBe(false);
    expect(admitted(gate, A, 2 * HOUR)).toBe(125);
  });

  it('is not pushed out of memory by strangers', () => {
    const gate = new SourceGate(1000, 10);
    gate.vouch(A, 0);
    for (let n = 0; n < 1000; n += 1) {
      gate.admits(`198.51.100.${n}`, 0);
      gate.answersMalformed(`198.51.100.${n}`, 0);
    }
    expect(gate.isKnown(A, 0)).toBe(true);
    expect(gate.size).toBe(21);
  });
});

describe('a stream', () => {
  it('is told how long to wait, and owes what it has sent', () => {
    const gate = new SourceGate(1000);
    for (let n = 0; n < 125; n += 1) expect(gate.owes(A, 0)).toBe(0);
    expect(gate.owes(A, 0)).toBe(20);
    expect(gate.owes(A, 0)).toBe(40);
    expect(gate.admits(A, 39)).toBe(false);
    expect(gate.owes(A, 60)).toBe(0);
  });
});

describe('without a rate', () => {
  it('everybody gets in, and nothing is held', () => {
    const gate = new SourceGate(0);
    gate.vouch(B, 0);
    expect(admitted(gate, A, 0)).toBe(5000);
    expect(gate.owes(A, 0)).toBe(0);
    expect(gate.size).toBe(0);
  });
});

describe('what is no SIP', () => {
  it('is answered 20 times at once, then ten times a second', () => {
    const gate = new SourceGate(0);
    const answers = (now: number) => Array.from({ length: 100 }, () => gate.answersMalformed(A, now));
    expect(answers(0).filter(Boolean)).toHaveLength(20);
    expect(answers(1000).filter(Boolean)).toHaveLength(10);
  });
});

describe('the key of a source', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
    ['2001:DB8::6', '2001:db8:0:0::/64'],
    ['2001:db8:1::3:4:5:6', '2001:db8:1:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['1::3:4:5:6:7:8', '1:0:3:4::/64'],
    ['fe80::', 'fe80:0:0:0::/64'],
  ])('of %s is %s', (address, key) => {
    expect(sourceKey(address)).toBe(key);
  });
});

describe('progress of a call', () => {
  const request = (method: string, callId = 'a') =>
    parseMessage(
      Buffer.from(
        `${method} sip:b@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@192.0.2.1>;tag=1\r\n` +
          `To: <sip:b@192.0.2.2>\r\nCall-ID: ${callId}\r\nCSeq: 1 ${method}\r\n\r\n`,
      ),
    ) as SipRequest;
  it.each([
    ['INVITE', 100, false],
    ['INVITE', 180, true],
    ['INVITE', 200, true],
    ['INVITE', 302, false],
    ['INVITE', 404, false],
    ['INVITE', 407, false],
    ['OPTIONS', 200, false],
    ['CANCEL', 200, false],
  ])('%s answered with %i: %s', (method, status, shows) => {
    expect(showsProgress(serialiseMessage(createResponse(request(method), status)))).toBe(shows);
  });

  it('is not shown by what a peer has written itself', () => {
    const cancel = request('CANCEL', 'x CSeq: 1 INVITE');
    expect(showsProgress(serialiseMessage(createResponse(cancel, 200)))).toBe(false);
  });
});
