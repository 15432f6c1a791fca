// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { networkInterfaces } from 'node:os';
import { carrier, trunk, type IncomingCall, type OutgoingCall, type SipPeer } from '../src/index.ts';
import { backends, offer, Stage, START_MS, STOP_MS } from './termination.fixture.ts';

const HOST = '::1';
const NUMBER = '+15550100';
const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === HOST),
);
const able = hasIpv6 && backends.includes('rtpengine');
if (!able) process.stderr.write('skipped: a call over IPv6 needs ::1, and rtpengine for its media\n');

/** Signalling over IPv6 from end to end; the media is on IPv4, where rtpengine is. */
(able ? describe : describe.skip)('a call over IPv6', () => {
  const stage = new Stage();
  let pstn: SipPeer;
  let pbx: SipPeer;

  beforeAll(async () => {
    pstn = await stage.gateway(HOST);
    await stage.start(
      [
        carrier('pstn', [{ host: HOST, port: pstn.port }], { sources: ['2001:db8::1/128'] }),
        ...trunk('acme', { acl: ['::1/128'], numbers: [NUMBER] }),
      ],
      'rtpengine',
      `[${HOST}]:0`,
    );
    pbx = await stage.peer(HOST);
  }, START_MS);
  afterAll(() => stage.close(), STOP_MS);

  const connected = async (
    from: SipPeer,
    headers: Record<string, string> = {},
  ): Promise<{ caller: OutgoingCall; callee: IncomingCall }> => {
    const arrived = new Promise<IncomingCall>((resolve) => {
      pstn.onInvite = async (call) => {
        resolve(call);
        call.ring();
        await call.answer(offer('127.0.0.1'));
      };
    });
    const caller = stage.call(from, 'acme', { from: NUMBER, headers });
    await caller.answered();
    return { caller, callee: await arrived };
  };

  it('names addresses in brackets, in Contact, Via and From, and is answered where it comes from', async () => {
    const { caller, callee } = await connected(pbx, {
      Via: `SIP/2.0/UDP [2001:db8::9]:5060;branch=z9hG4bKsix${Date.now().toString(36)};rport`,
    });
    const ours = `@[${HOST}]:${stage.up.sip.port}`;
    const answer = await caller.answered();
    expect(answer.header('Contact')).toContain(ours);
    expect(answer.header('Via')).toContain(`;received=${HOST}`);
    expect(answer.header('Via')).toContain(`;rport=${pbx.port}`);
    expect(callee.invite.header('Contact')).toContain(ours);
    expect(callee.invite.header('From')).toContain(ours);
    expect(callee.invite.header('Via')).toContain(` [${HOST}]:${stage.up.sip.port};`);
    await callee.bye();
    await caller.ended();
    const record = await stage.up.record(caller.callId);
    expect(record).toMatchObject({ outcomeCode: 'answered', hungUpBy: 'callee', source: { address: HOST } });
  }, 30_000);

  it('passes re-INVITE, UPDATE and INFO both ways', async () => {
    const { caller, callee } = await connected(pbx, { Supported: 'timer', 'Session-Expires': '600' });
    for (const end of [caller, callee]) {
      const held = await end.reinvite(offer('127.0.0.1', { direction: 'sendonly', version: 2 }));
      expect(held.status).toBe(200);
      expect((await end.request('UPDATE')).status).toBe(200);
      expect((await end.request('INFO', { body: 'x', contentType: 'text/plain' })).status).toBe(200);
    }
    expect((await caller.bye()).status).toBe(200);
    await callee.ended();
    expect(await stage.up.record(caller.callId)).toMatchObject({ outcomeCode: 'answered' });
  }, 30_000);

  it('comes in over TCP and leaves over UDP', async () => {
    const { caller, callee } = await connected(await stage.peer(HOST, { transport: 'tcp' }));
    expect(callee.invite.header('Via')).toMatch(/^SIP\/2\.0\/UDP /);
    expect((await callee.bye()).status).toBe(200);
    await caller.ended();
    expect(await stage.up.record(caller.callId)).toMatchObject({
      outcomeCode: 'answered',
      source: { transport: 'tcp' },
    });
  }, 30_000);

  it('has nothing left to do', async () => {
    await stage.up.expectIdle(20_000);
  }, 40_000);
});
