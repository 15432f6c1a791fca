// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  answerChallenge,
  carrier,
  digestParameters,
  runSipp,
  trunk,
  type InviteOptions,
  type MediaBackend,
  type PeerCredentials,
  type Resource,
  type SipPeer,
} from '../src/index.ts';
import {
  backends,
  CALLED,
  domainOf,
  expectRefusal,
  itRefuses,
  Stage,
  START_MS,
  STOP_MS,
  type Refusal,
} from './termination.fixture.ts';

const NUMBER = '+15550100';
const users = { pbx: 'Demo-Password-1', 'second.pbx': 'Demo-Password-2' };
const pbxUser = { username: 'pbx', password: users.pbx };

type Parameters = Record<string, string>;

const without = (sent: Parameters, ...names: string[]): Parameters =>
  Object.fromEntries(Object.entries(sent).filter(([name]) => !names.includes(name)));

/** The response of user pbx, with `middle` between nonce and the request's part (RFC 7616 §3.4.1). */
const responseOf = (algorithm: 'md5' | 'sha256', sent: Parameters, middle: string): string => {
  const hash = (text: string) => createHash(algorithm).update(text).digest('hex');
  const { username = '', realm = '', nonce = '', uri = '' } = sent;
  return hash(`${hash(`${username}:${realm}:${users.pbx}`)}:${nonce}:${middle}${hash(`INVITE:${uri}`)}`);
};

/** RFC 2069: no qop, and so another response. */
const withoutQop =
  (algorithm: 'md5' | 'sha256') =>
  (sent: Parameters): Parameters => ({
    ...without(sent, 'qop', 'nc', 'cnonce'),
    response: responseOf(algorithm, sent, ''),
  });

/** The nonce used for the second time, and counted so. */
const secondUse = (sent: Parameters): Parameters => ({
  ...sent,
  nc: '00000002',
  response: responseOf('md5', sent, `00000002:${sent.cnonce ?? ''}:auth:`),
});

/** A nonce may be answered for so long. */
const NONCE_LIFE_MS = 30_000;

const from = { from: NUMBER };
const missingList = {
  termination: { domainName: 'lost', authentication: { ipAccessControlLists: ['gone'] } },
};
const resources = (gateway: SipPeer): Resource[] => [
  carrier('pstn', [{ host: gateway.address, port: gateway.port }]),
  ...trunk('office', { acl: ['127.0.5.9/32', '127.0.6.0/29'], numbers: [NUMBER] }),
  ...trunk('road', { namespace: 'office', account: null, users }),
  ...trunk('vault', { namespace: 'office', account: null, users, acl: ['127.0.5.9/32'] }),
  ...trunk('lost', { namespace: 'office', account: null, spec: missingList }),
];

const denied: Refusal = { line: '403 Forbidden', code: 'source-address-denied', check: 'source-address' };
const wrong: Refusal = { line: '403 Forbidden', code: 'digest-invalid', check: 'digest' };
const unreadable: Refusal = { line: '400 Bad Request', code: 'bad-request', check: 'digest' };

/** One `trunkline up` with its callers, and a challenge that grows old while the other tests run. */
class Scene {
  readonly stage = new Stage();
  pbx!: SipPeer;
  stranger!: SipPeer;
  old!: { at: number; callId: string; headers: string[] };

  async open(media: MediaBackend): Promise<void> {
    const pstn = await this.stage.gateway();
    await this.stage.start(resources(pstn), media);
    this.pbx = await this.stage.peer('127.0.5.9');
    this.stranger = await this.stage.peer('127.0.5.10');
    this.old = { at: Date.now(), ...(await this.challengeFor(this.stranger, 'road')) };
  }

  async challengeFor(peer: SipPeer, name: string): Promise<{ callId: string; headers: string[] }> {
    const call = this.stage.call(peer, name, from);
    const final = await this.stage.challenged(call);
    return { callId: call.callId, headers: final.all('Proxy-Authenticate') };
  }
}

const uri = (name: string) => `sip:${CALLED}@${domainOf(name)}`;
const answerTo = (headers: string[], credentials: PeerCredentials, name = 'road'): string =>
  answerChallenge(headers, { method: 'INVITE', uri: uri(name) }, credentials) ?? '';
const withAuth = (auth: PeerCredentials): Partial<InviteOptions> & { from: string } => ({ ...from, auth });

// Both at once, so that the nonces of both are old at the end of the file.
const scenes = backends.map((media) => ({ media, scene: new Scene() }));
beforeAll(async () => {
  await Promise.all(scenes.map(({ media, scene }) => scene.open(media)));
}, START_MS);
afterAll(async () => {
  await Promise.all(scenes.map(({ scene }) => scene.stage.close()));
}, STOP_MS);

/** Checks 3 and 4 of DESIGN §4, and both together. */
describe.each(scenes)('authentication, with $media media', ({ scene }) => {
  const { stage } = scene;
  const challengeFor = (peer: SipPeer, name: string) => scene.challengeFor(peer, name);
  let pbx: SipPeer;
  let stranger: SipPeer;
  beforeAll(() => {
    ({ pbx, stranger } = scene);
  });

  describe('by access list', () => {
    it.each([
      ['exactly', '127.0.5.9', '127.0.5.9/32'],
      ['by the first address of a network', '127.0.6.0', '127.0.6.0/29'],
      ['by the last address of a network', '127.0.6.7', '127.0.6.0/29'],
    ])('lets in %s: %s', async (_, address, cidr) => {
      const record = await stage.carried(stage.call(await stage.peer(address), 'office', from));
      expect(record.source.address).toBe(address);
      expect(record.trace).toContainEqual({
        check: 'source-address',
        result: 'pass',
        detail: `${address} is in ${cidr} of list office/office-acl`,
      });
    });

    const outside = ['127.0.5.8', '127.0.5.10', '127.0.5.255', '127.0.6.8'];
    const callFrom = async (address: string) => stage.call(await stage.peer(address), 'office', from);
    itRefuses(
      stage,
      outside.map((address) => [address, () => callFrom(address), { ...denied, text: address }]),
    );

    it('goes by the packet’s source, whatever Via, From and Contact say', async () => {
      const headers = { Contact: '<sip:pbx@127.0.5.9:5060>', From: `<sip:${NUMBER}@127.0.5.9>;tag=a` };
      const via = `SIP/2.0/UDP 127.0.5.9:5060;branch=z9hG4bK${stranger.port};rport`;
      const call = stage.call(stranger, 'office', { ...from, headers: { ...headers, Via: via } });
      await stage.refused(call, { ...denied, text: '127.0.5.10' });
      expect((await call.final()).header('Via')).toContain('received=127.0.5.10');
    });

    it('admits nobody by a list that does not exist', async () => {
      await stage.refused(stage.call(pbx, 'lost', from), denied);
    });
  });

  describe('by digest', () => {
    it('challenges with MD5 and SHA-256 in two headers, for the base domain, without a record', async () => {
      const { callId, headers } = await challengeFor(stranger, 'road');
      const offered = headers.map(digestParameters);
      expect(offered).toMatchObject([
        { realm: 'example.com', algorithm: 'MD5', qop: 'auth' },
        { realm: 'example.com', algorithm: 'SHA-256', qop: 'auth' },
      ]);
      await stage.carried(stage.call(stranger, 'road', withAuth(pbxUser)));
      expect((await stage.up.calls()).filter((record) => record.callId === callId)).toEqual([]);
    });

    const right: [string, PeerCredentials, string][] = [
      ['MD5', { ...pbxUser, algorithm: 'MD5' }, 'MD5'],
      ['SHA-256', { ...pbxUser, algorithm: 'SHA-256' }, 'SHA-256'],
      ['MD5 without qop (RFC 2069)', { ...pbxUser, forge: withoutQop('md5') }, 'MD5'],
      ['the second user of the list', { username: 'second.pbx', password: users['second.pbx'] }, 'MD5'],
    ];
    it.each(right)('accepts %s', async (_, auth, algorithm) => {
      const record = await stage.carried(stage.call(stranger, 'road', withAuth(auth)));
      expect(record.trace).toContainEqual({
        check: 'digest',
        result: 'pass',
        detail: `user "${auth.username}" proved its password with ${algorithm}`,
      });
    });

    const refusals: [string, PeerCredentials, Refusal][] = [
      ['a wrong password', { ...pbxUser, password: 'Demo-Password-2' }, wrong],
      ['a wrong password by SHA-256', { ...pbxUser, password: 'x', algorithm: 'SHA-256' }, wrong],
      ['the user in capitals', { ...pbxUser, username: 'PBX' }, wrong],
      ['a user of no list', { ...pbxUser, username: 'nobody' }, wrong],
      ['a user of 40 characters', { ...pbxUser, username: 'x'.repeat(40) }, wrong],
      [
        'another count than was hashed',
        { ...pbxUser, forge: (sent) => ({ ...sent, nc: '00000002' }) },
        wrong,
      ],
      [
        'the uri of another trunk',
        { ...pbxUser, forge: (sent) => ({ ...sent, uri: uri('vault') }) },
        unreadable,
      ],
      ['qop=auth-int', { ...pbxUser, forge: (sent) => ({ ...sent, qop: 'auth-int' }) }, unreadable],
      ['no cnonce', { ...pbxUser, forge: (sent) => without(sent, 'cnonce') }, unreadable],
      ['SHA-256 without qop', { ...pbxUser, algorithm: 'SHA-256', forge: withoutQop('sha256') }, unreadable],
    ];
    itRefuses(
      stage,
      refusals.map(([name, auth, refusal]) => [
        name,
        () => stage.call(stranger, 'road', withAuth(auth)),
        refusal,
      ]),
    );

    it('refuses a replay, and takes the same nonce with the next count', async () => {
      const { callId, headers } = await challengeFor(stranger, 'road');
      const call = (auth: PeerCredentials) => {
        const authorization = answerTo(headers, { ...auth, algorithm: 'MD5' });
        return stage.call(stranger, 'road', {
          ...from,
          callId,
          headers: { 'Proxy-Authorization': authorization },
        });
      };
      const once = async (auth: PeerCredentials) => {
        const placed = call(auth);
        await placed.answered();
        await placed.bye();
      };
      await once(pbxUser);
      expectRefusal(await call(pbxUser).final(), { ...wrong, text: 'replay' });
      await once({ ...pbxUser, forge: secondUse });
      expectRefusal(await call({ ...pbxUser, forge: secondUse }).final(), { ...wrong, text: 'replay' });
      await stage.up.expectIdle();
      const records = (await stage.up.calls()).filter((record) => record.callId === callId);
      expect(records.map(({ outcomeCode }) => outcomeCode)).toEqual([
        'digest-invalid',
        'answered',
        'digest-invalid',
        'answered',
      ]);
    });

    const foreignNonces: [string, (headers: string[]) => string[]][] = [
      ['forged', (headers) => headers.map((value) => value.replace(/nonce="[^"]*"/, 'nonce="abc.forged"'))],
      ['changed in time', (headers) => headers.map((value) => value.replace(/nonce="./, 'nonce="z'))],
    ];
    it.each(foreignNonces)('challenges anew where the nonce is %s', async (_, change) => {
      const { callId, headers } = await challengeFor(stranger, 'road');
      const authorization = { 'Proxy-Authorization': answerTo(change(headers), pbxUser) };
      const call = stage.call(stranger, 'road', { ...from, callId, headers: authorization });
      const [first] = (await stage.challenged(call)).all('Proxy-Authenticate').map(digestParameters);
      expect(first).toMatchObject({ stale: 'true' });
      expect(first?.nonce).not.toBe(digestParameters(headers[0] ?? '').nonce);
    });

    it('takes a nonce neither for another call nor from another address', async () => {
      const { callId, headers } = await challengeFor(stranger, 'road');
      const authorization = { 'Proxy-Authorization': answerTo(headers, pbxUser) };
      await stage.challenged(stage.call(stranger, 'road', { ...from, headers: authorization }));
      await stage.challenged(stage.call(pbx, 'road', { ...from, callId, headers: authorization }));
      await stage.carried(stage.call(stranger, 'road', { ...from, callId, headers: authorization }));
    });

    it('lets SIPp in with the right password, and not with a wrong one', async () => {
      const options = {
        scenario: 'uac-digest',
        address: '127.0.5.11',
        target: stage.up.sip,
        keys: { to: CALLED, from: NUMBER, domain: domainOf('road') },
        calls: 5,
        rate: 20,
      };
      const good = await runSipp({ ...options, auth: pbxUser });
      expect(good).toMatchObject({ exitCode: 0, successful: 5, failed: 0, errors: '' });
      const bad = await runSipp({ ...options, auth: { ...pbxUser, password: 'wrong' }, calls: 2 });
      expect(bad).toMatchObject({ successful: 0, failed: 2 });
      expect(bad.errors).toContain('403 Forbidden');
    }, 60_000);
  });

  describe('by both', () => {
    it('lets in the right address with the right password', async () => {
      const record = await stage.carried(stage.call(pbx, 'vault', withAuth(pbxUser)));
      expect(record.trace.map(({ check, result }) => `${check} ${result}`)).toEqual(
        expect.arrayContaining(['source-address pass', 'digest pass', 'authentication-configured pass']),
      );
    });

    it('keeps out the right address with a wrong password, and challenges it without one', async () => {
      await stage.refused(stage.call(pbx, 'vault', withAuth({ ...pbxUser, password: 'x' })), wrong);
      await stage.challenged(stage.call(pbx, 'vault', from));
    });

    it('keeps out a wrong address at once, never asking for a password', async () => {
      const call = stage.call(stranger, 'vault', withAuth(pbxUser));
      await stage.refused(call, denied);
      expect(call.responses.map(({ status }) => status)).toEqual([100, 403]);
      const { callId, headers } = await challengeFor(pbx, 'vault');
      const authorization = { 'Proxy-Authorization': answerTo(headers, pbxUser, 'vault') };
      const armed = stage.call(stranger, 'vault', { ...from, callId, headers: authorization });
      await stage.refused(armed, denied);
    });
  });
});

describe.each(scenes)('a nonce older than 30 s, with $media media', ({ scene }) => {
  const { stage } = scene;
  const answer = (auth: PeerCredentials) => {
    const { callId, headers } = scene.old;
    const authorization = { 'Proxy-Authorization': answerTo(headers, auth) };
    return stage.call(scene.stranger, 'road', { ...from, callId, headers: authorization });
  };

  it('is challenged anew, as stale; a wrong password is not forgiven for it', async () => {
    await wait(Math.max(scene.old.at + NONCE_LIFE_MS + 1_000 - Date.now(), 0));
    const [first] = (await stage.challenged(answer(pbxUser))).all('Proxy-Authenticate');
    expect(digestParameters(first ?? '')).toMatchObject({ stale: 'true', algorithm: 'MD5' });
    await stage.refused(answer({ ...pbxUser, password: 'wrong' }), wrong);
  }, 60_000);

  it('leaves nothing to do', async () => {
    await stage.up.expectIdle();
  }, 30_000);
});
