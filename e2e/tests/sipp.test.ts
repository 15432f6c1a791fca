// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from '@jest/globals';
import { requireProgram, runSipp, SipPeer, startSipp, type Sipp } from '../src/index.ts';

const running: Sipp[] = [];
afterEach(async () => {
  for (const sipp of running.splice(0)) await sipp.stop();
});
const start = async (...args: Parameters<typeof startSipp>) => {
  const sipp = await startSipp(...args);
  running.push(sipp);
  return sipp;
};
const keys = { to: '+15550111', from: '+15550100', domain: 'acme.pstn.example.com' };

(requireProgram('sipp') ? describe : describe.skip)('SIPp against itself', () => {
  it.each(['udp', 'tcp'] as const)(
    'places and counts calls over %s',
    async (transport) => {
      const callee = await start({ scenario: 'uas-answer', address: '127.0.0.2', transport });
      const result = await runSipp({
        scenario: 'uac-plain',
        target: callee,
        transport,
        keys,
        calls: 5,
        rate: 50,
        responseTimes: true,
      });
      expect(result).toMatchObject({
        exitCode: 0,
        created: 5,
        successful: 5,
        failed: 0,
        retransmissions: 0,
        failures: {},
      });
      expect(result.responseTimes.invite).toMatchObject({ count: 5, max: expect.any(Number) });
      expect(await callee.stop()).toMatchObject({ successful: 5, failed: 0 });
    },
    30_000,
  );

  it('counts refused calls as failed, and says why', async () => {
    const callee = await start({ scenario: 'uas-reject', keys: { status: '486', reason: 'Busy Here' } });
    const result = await runSipp({ scenario: 'uac-plain', target: callee, keys, calls: 2 });
    expect(result).toMatchObject({ successful: 0, failed: 2, failures: { UnexpectedMessage: 2 } });
    expect(result.exitCode).not.toBe(0);
    expect(result.errors).toContain('486 Busy Here');
  }, 30_000);

  it('answers a challenge for the called number', async () => {
    const peer = await SipPeer.open({ address: '127.0.0.1' });
    peer.onInvite = async (call) => {
      const authorized = call.invite.header('Proxy-Authorization') !== '';
      const challenge = 'Digest realm="example.com", nonce="abc", algorithm=MD5, qop="auth"';
      if (authorized) await call.answer();
      else await call.reject(407, { headers: { 'Proxy-Authenticate': challenge } });
    };
    const result = await runSipp({
      scenario: 'uac-digest',
      target: peer,
      keys,
      calls: 1,
      auth: { username: 'pbx', password: 'Demo-Password-1' },
    });
    await peer.close();
    expect(result).toMatchObject({ exitCode: 0, successful: 1 });
    const sent = peer.received('INVITE')[1]?.header('Proxy-Authorization');
    expect(sent).toMatch(/username="pbx".*uri="sip:\+15550111@acme\.pstn\.example\.com"/);
  }, 30_000);

  it('takes the fields of each call in turn', async () => {
    const peer = await SipPeer.open({ address: '127.0.0.1' });
    peer.onInvite = (call) => void call.answer();
    const fields = [['+15550101'], ['+15550102'], ['+15550103']];
    await runSipp({
      scenario: 'uac-plain',
      target: peer,
      keys: { ...keys, to: '[field0]' },
      fields,
      calls: 3,
    });
    await peer.close();
    expect(peer.received('INVITE').map(({ uri }) => uri)).toEqual(
      fields.map(([number]) => `sip:${number}@acme.pstn.example.com`),
    );
  }, 30_000);
});
