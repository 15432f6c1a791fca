// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import {
  agreedSession,
  answerSession,
  askSession,
  expiresAfterMs,
  keepSession,
  longerInterval,
  refreshAfterMs,
} from './session-interval.ts';

const SETTINGS = { interval: 1_800, min: 90 };
const timer = { supported: 'replaces, timer' };

describe('the answer to an INVITE (RFC 4028 §9)', () => {
  const answered = (interval: number, refresher: 'uac' | 'uas'): ReturnType<typeof answerSession> => ({
    session: { interval, refresher: refresher === 'uas' ? 'us' : 'peer' },
    headers: { Require: 'timer', 'Session-Expires': `${interval};refresher=${refresher}` },
  });

  it.each([
    ['an interval alone: who asks refreshes', { ...timer, 'session-expires': '600' }, 600, 'uac'],
    ['a refresher: it is honoured', { ...timer, 'session-expires': '600;refresher=uas' }, 600, 'uas'],
    ['the same, spelt freely', { ...timer, 'session-expires': ' 600 ; x=y; Refresher = UAC' }, 600, 'uac'],
    ['the compact name', { ...timer, x: '600;refresher=uac' }, 600, 'uac'],
    ['the extension alone: we ask, and refresh', timer, 1_800, 'uas'],
    ['the extension, required', { require: 'timer', 'session-expires': '600' }, 600, 'uac'],
    ['the shortest', { ...timer, 'session-expires': '90' }, 90, 'uac'],
    ['a longer one than ours', { ...timer, 'session-expires': '7200' }, 1_800, 'uac'],
    ['a longer one, and no less', { ...timer, 'session-expires': '7200', 'min-se': '3600' }, 3_600, 'uac'],
    ['beyond a day', { ...timer, 'session-expires': '999999999', 'min-se': '999999999' }, 86_400, 'uac'],
    ['no number', { ...timer, 'session-expires': 'soon' }, 1_800, 'uas'],
  ] as const)('%s', (_, headers, interval, refresher) => {
    expect(answerSession({ ...headers }, SETTINGS)).toEqual(answered(interval, refresher));
  });

  it('is 422 under the minimum, where the caller understands that', () => {
    expect(answerSession({ ...timer, 'session-expires': '89' }, SETTINGS)).toEqual({ tooSmall: 90 });
  });

  it.each([[{}], [{ supported: 'timers' }], [{ 'session-expires': '30' }]])(
    'says nothing to %j, which is refreshed by us',
    (headers) => {
      const answer = answerSession(headers, SETTINGS);
      expect(answer).toMatchObject({ session: { refresher: 'us' }, headers: {} });
    },
  );
});

describe('our own INVITE', () => {
  it('asks for our interval, or for the one that a 422 wants', () => {
    expect(askSession(SETTINGS)).toEqual({
      Supported: 'timer',
      'Session-Expires': '1800',
      'Min-SE': '90',
    });
    expect(askSession(SETTINGS, 3_600)).toMatchObject({ 'Session-Expires': '3600', 'Min-SE': '3600' });
  });

  it.each([
    ['600;refresher=uac', { interval: 600, refresher: 'us' }],
    ['600;refresher=uas', { interval: 600, refresher: 'peer' }],
    ['600', { interval: 600, refresher: 'us' }],
    // No peer makes us flood it.
    ['1;refresher=uac', { interval: 90, refresher: 'us' }],
    [undefined, { interval: 1_800, refresher: 'us' }],
  ] as const)('takes from a 2xx with %s what was agreed', (value, session) => {
    const headers: Record<string, string> = value === undefined ? {} : { 'session-expires': value };
    expect(agreedSession(headers, 1_800, SETTINGS)).toEqual(session);
  });

  it.each([
    ['3600', 3_600],
    ['1800', undefined],
    ['86401', 86_400],
    ['', undefined],
  ])('meets a 422 with Min-SE %s', (value, interval) => {
    expect(longerInterval({ 'min-se': value }, 1_800)).toBe(interval);
  });

  it('keeps the parts within the call, whoever asks', () => {
    const session = { interval: 600, refresher: 'peer' } as const;
    expect(keepSession(session, SETTINGS)['Session-Expires']).toBe('600;refresher=uas');
    expect(keepSession({ ...session, refresher: 'us' }, SETTINGS)['Session-Expires']).toBe(
      '600;refresher=uac',
    );
  });
});

describe('time', () => {
  it.each([
    [90, 36_000, 60_000],
    [1_800, 720_000, 1_768_000],
  ])('of %i s: refreshed by us before half of it, expired before its end', (interval, refresh, expiry) => {
    expect(refreshAfterMs({ interval, refresher: 'us' })).toBe(refresh);
    expect(expiresAfterMs({ interval, refresher: 'peer' })).toBe(expiry);
  });
});
