// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { extensionsOf } from './headers.ts';
import type { SipRequest } from './sip-stack.ts';
import { unfitCall, unfitInvite } from './unfit-invite.ts';

const SETTINGS = { interval: 1_800, min: 90 };
const invite = (headers: Record<string, string>): SipRequest =>
  ({ headers: { contact: '<sip:pbx@192.0.2.1>', ...headers } }) as unknown as SipRequest;

describe('an INVITE of anybody', () => {
  it.each([
    ['100rel, precondition', 'precondition'],
    ['timer,X-Foo', 'X-Foo'],
    [' , gruu ,TIMER', 'gruu'],
    ['replaces', 'replaces'],
  ])('that requires %s is 420 for %s', (required, unsupported) => {
    const unfit = unfitInvite(invite({ require: required }), extensionsOf(true));
    expect(unfit).toMatchObject({ status: 420, reason: 'Bad Extension', code: 'bad-request' });
    expect(unfit?.headers['Unsupported']).toBe(unsupported);
    expect(unfit?.headers['Reason']).toContain(`requires ${unsupported}`);
  });

  it.each([[{}], [{ require: 'timer' }], [{ require: '' }], [{ supported: '100rel, replaces' }]])(
    'with %j is taken',
    (headers) => {
      expect(unfitInvite(invite(headers), extensionsOf(true))).toBeUndefined();
    },
  );

  it('that requires 100rel is 420 where the engine cannot be trusted with it', () => {
    const unfit = unfitInvite(invite({ require: '100rel' }), extensionsOf(false));
    expect(unfit).toMatchObject({ status: 420, headers: { Unsupported: '100rel' } });
  });

  it('without a Contact is 400', () => {
    expect(unfitInvite(invite({ contact: undefined as never }), extensionsOf(true))).toMatchObject({
      status: 400,
    });
  });
});

describe('an INVITE of a caller that may call', () => {
  it('with Replaces is 481', () => {
    const unfit = unfitCall(invite({ replaces: 'a@b;to-tag=1;from-tag=2' }), SETTINGS);
    expect(unfit).toMatchObject({ status: 481, code: 'replaces-refused' });
  });

  it('with an interval under the minimum is 422', () => {
    const headers = { supported: 'timer', 'session-expires': '30' };
    const unfit = unfitCall(invite(headers), SETTINGS);
    expect(unfit).toMatchObject({ status: 422, headers: { 'Min-SE': '90' } });
  });

  it('without either is taken', () => {
    expect(unfitCall(invite({ supported: 'timer', 'session-expires': '90' }), SETTINGS)).toBeUndefined();
  });
});
