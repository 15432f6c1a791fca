// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { deliveryLeader, frameTime, replyLeader, requestSentLeader, responseSentLeader } from './leader.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const at = new Date('2030-01-02T03:04:05.678Z');
const where = { protocol: 'udp', address: '192.0.2.1', port: 5060 };
const delivery = { source: 'network' as const, where, size: 812, at, transactionId: 't1', dialogId: '' };

describe('frame leaders', () => {
  it('gives a new request 13 tokens, the last one empty', () => {
    const tokens = deliveryLeader(
      { ...delivery, receivedOn: { address: '10.0.0.4', port: 5061 } },
      812,
    ).split('|');
    expect(tokens[0]).toMatch(UUID);
    expect(tokens.slice(1)).toEqual(
      'sip|network|812|udp|192.0.2.1|5060|03:04:05.678000|t1||10.0.0.4|5061|'.split('|'),
    );
    expect(tokens).toHaveLength(13);
  });

  it('gives everything else 11 tokens, the last one empty', () => {
    const tokens = deliveryLeader({ ...delivery, dialogId: 'c;from-tag=x' }, 812).split('|');
    expect(tokens.slice(1)).toEqual(
      'sip|network|812|udp|192.0.2.1|5060|03:04:05.678000|t1|c;from-tag=x|'.split('|'),
    );
    expect(tokens).toHaveLength(11);
  });

  it('has the transaction of a sent request in token 10', () => {
    const tokens = requestSentLeader('m1', where, 't2', 540).split('|');
    expect(tokens.slice(1, 9)).toEqual('response|m1|OK|application|540|udp|192.0.2.1|5060'.split('|'));
    expect(tokens[9]).toMatch(/^\d\d:\d\d:\d\d\.\d{6}$/);
    expect(tokens.slice(10)).toEqual(['t2', 'Msg sent:', '']);
  });

  it('has transaction and dialog of a sent response in tokens 10 and 11', () => {
    const tokens = responseSentLeader('m1', where, { transactionId: 't1', dialogId: 'd' }, 1).split('|');
    expect(tokens.slice(10)).toEqual(['t1', 'd', '', 'Msg sent:', '']);
  });

  it('never lets a text end its token', () => {
    expect(replyLeader('m1', 'NOK', 'a|b\r\nc').split('|').slice(1)).toEqual([
      'response',
      'm1',
      'NOK',
      'a_b__c',
    ]);
  });

  it('writes the time with microseconds and without a date', () => {
    expect(frameTime(at)).toBe('03:04:05.678000');
  });
});
