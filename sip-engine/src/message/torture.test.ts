// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { getHeader, getHeaders } from './headers.ts';
import { ParseError } from './parse-error.ts';
import { parseMessage } from './parse-message.ts';
import { serialiseMessage } from './serialise-message.ts';
import type { SipMessage } from './sip-message.ts';
import { parseNameAddr } from './name-addr.ts';
import { StreamSplitter } from './stream-splitter.ts';
import { tortureMessages, type ParserVerdict } from './torture/index.ts';
import { offer } from './torture/torture-message.ts';
import { readEssentials } from './validate-message.ts';
import { parseVia, topVia } from './via.ts';
import { splitList } from './params.ts';

function verdict(bytes: Buffer): ParserVerdict {
  try {
    readEssentials(parseMessage(bytes));
    return 'read';
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return error.request === undefined ? 'no message' : (error.status as ParserVerdict);
  }
}

function read(name: string): SipMessage {
  const found = tortureMessages.find((message) => message.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return parseMessage(found.bytes);
}

describe('RFC 4475', () => {
  it('has 49 messages, each under its own name', () => {
    expect(new Set(tortureMessages.map(({ name }) => name)).size).toBe(49);
    expect(Buffer.byteLength(offer)).toBe(150);
  });

  it.each(tortureMessages.map(({ name, parser, bytes }) => ({ name, parser, bytes })))(
    '$name: $parser',
    ({ bytes, parser }) => {
      expect(verdict(bytes)).toBe(parser);
    },
  );

  const readable = tortureMessages.filter(({ parser }) => parser === 'read');

  it.each(readable)('$name is the same after it was written and read again', ({ bytes }) => {
    const once = parseMessage(serialiseMessage(parseMessage(bytes)));
    expect(parseMessage(serialiseMessage(once))).toEqual(once);
    expect(once.body).toEqual(parseMessage(bytes).body);
  });

  it.each(readable)('$name is cut out of a stream, byte by byte', ({ name, bytes }) => {
    const items: string[] = [];
    const splitter = new StreamSplitter();
    for (const byte of bytes)
      splitter.push(Buffer.of(byte), (item) =>
        items.push(item.kind === 'message' ? item.bytes.toString('latin1') : 'ping'),
      );
    const whole = bytes.toString('latin1');
    // Without Content-Length a stream has no body (RFC 3261 §18.3).
    if (name === 'inv2543') expect(items[0]).toBe(whole.slice(0, whole.indexOf('v=0')));
    else if (name === 'dblreq') expect(items).toHaveLength(2);
    else expect(items).toEqual([whole]);
  });
});

describe('what is read in them', () => {
  it('wsinv: folded lines, quotes within quotes, three Vias', () => {
    const message = read('wsinv');
    expect(parseNameAddr(getHeader(message, 'From') ?? '')).toMatchObject({
      displayName: 'J Rosenberg \\"',
      uri: 'sip:jdrosen@example.com',
    });
    expect(
      getHeaders(message, 'Via')
        .flatMap(splitList)
        .map((via) => parseVia(via).host),
    ).toEqual(['192.0.2.2', 'spindle.example.com', '192.168.255.111']);
    expect(readEssentials(message)).toMatchObject({ sequence: 9, method: 'INVITE', toTag: '1918181833n' });
    expect(getHeader(message, 'NewFangledHeader')).toBe('newfangled value continued newfangled value');
    const contact = parseNameAddr(getHeader(message, 'Contact') ?? '');
    expect([...contact.params]).toEqual([
      ['newparam', 'newvalue'],
      ['secondparam', undefined],
      ['q', '0.33'],
    ]);
  });

  it('intmeth: NUL, BEL and DEL in quotes, a Call-ID of odd characters, UTF-8', () => {
    const message = read('intmeth');
    const essentials = readEssentials(message);
    expect(essentials.callId).toBe('intmeth.word%ZK-!.*_+\'@word`~)(><:\\/"][?}{');
    expect(essentials.fromTag).toBe("_token~1'+`*%!-.");
    expect(topVia(message)?.params.get('branch')).toBe("z9hG4bK-.!%66*_+`'~");
    expect(parseNameAddr(getHeader(message, 'To') ?? '').displayName).toBe(
      'BEL:\u0007 NUL:\u0000 DEL:\u007f',
    );
    expect(getHeader(message, 'From')).toContain('\u0440\u0430\u0431\u043e\u0442\u0430');
  });

  it('esc02: an escaped name of a header is not that header', () => {
    expect(getHeaders(read('esc02'), 'Contact')).toHaveLength(2);
  });

  it('a reason phrase may hold what JavaScript takes for line ends', () => {
    const text = 'SIP/2.0 200 O\u2028K\u0085\r\nCSeq: 1 INVITE\r\n\r\n';
    expect(parseMessage(Buffer.from(text))).toMatchObject({ status: 200, reason: 'O\u2028K\u0085' });
  });

  it('dblreq: nothing of the second request', () => {
    const message = read('dblreq');
    expect(message.body).toHaveLength(0);
    expect(getHeaders(message, 'Call-ID')).toHaveLength(1);
  });

  it('mpart01: the bytes of the signature', () => {
    const message = read('mpart01');
    expect(message.body.length).toBe(Number(getHeader(message, 'Content-Length')));
    expect(new Set(message.body).size).toBe(256);
  });
});
