// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Subject } from '@trunkline/sip-engine/certificates';
import {
  carrier,
  createTlsMaterial,
  eventually,
  sdp,
  SipPeer,
  startTrunkline,
  trunk,
  type OutgoingCall,
  type PeerTls,
  type TlsMaterial,
  type Trunkline,
} from '../src/index.ts';

const DOMAIN = 'acme.pstn.example.com';
const OURS = { names: [DOMAIN, '*.pstn.example.com', '127.0.0.1'] };
const DAY_MS = 86_400_000;
const offer = (address: string): string => sdp({ address, port: 9 });

/** Peers that meet `trunkline up` over TLS. Names are addresses: nothing here has DNS. */
describe('TLS', () => {
  const peers: SipPeer[] = [];
  let material: TlsMaterial;
  let up: Trunkline;
  let pbx: SipPeer;
  let pstn: SipPeer;
  const refused: Record<string, SipPeer> = {};

  const open = async (address: string, tls?: PeerTls): Promise<SipPeer> => {
    const peer = await SipPeer.open({
      address,
      name: 'peer',
      ...(tls ? { transport: 'tls', tls } : {}),
    });
    peer.onInvite = async (call) => {
      await call.answer(offer(address));
    };
    peers.push(peer);
    return peer;
  };

  beforeAll(async () => {
    material = await createTlsMaterial();
    const yesterday = new Date(Date.now() - DAY_MS);
    const wrong: Record<string, [string, Promise<PeerTls>]> = {
      expired: [
        '+15550111',
        material.peer({
          names: ['127.0.0.3'],
          notBefore: new Date(Date.now() - 2 * DAY_MS),
          notAfter: yesterday,
        }),
      ],
      'for another name': ['+15550112', material.peer({ names: ['pbx.other.example'] })],
      'self-signed': ['+15550113', material.selfSignedPeer({ names: ['127.0.0.3'] } satisfies Subject)],
    };
    pbx = await open('127.0.0.3', await material.peer({ names: ['127.0.0.3'] }, { serverName: DOMAIN }));
    pstn = await open('127.0.0.2', await material.peer({ names: ['127.0.0.2'] }));
    const targets = [];
    for (const [name, [number, tls]] of Object.entries(wrong)) {
      refused[name] = await open('127.0.0.3', await tls);
      const host = `sip:${refused[name].hostPort};transport=tls`;
      targets.push(...trunk(`t${number.slice(1)}`, { domainName: null, numbers: [number], targets: [host] }));
    }
    const { cert, key } = material.write('server', await material.authority.issue(OURS));
    up = await startTrunkline({
      manifests: [
        ...trunk('acme', {
          acl: ['127.0.0.3/32'],
          numbers: ['+15550100'],
          targets: [`sips:${pbx.hostPort}`],
        }),
        ...targets,
        carrier('pstn', [{ host: '127.0.0.2', port: pstn.port, transport: 'tls' }]),
      ],
      args: ['--sips', '127.0.0.1:0', '--tls-cert', cert, '--tls-key', key, '--tls-ca', material.caFile],
    });
  }, 60_000);
  afterAll(async () => {
    await up.stop();
    for (const peer of peers) await peer.close();
    material.remove();
  }, 30_000);

  const callOut = (): OutgoingCall =>
    pbx.invite({
      to: `sip:+442079460123@${DOMAIN}`,
      from: '+15550100',
      proxy: up.sips!,
      sdp: offer('127.0.0.3'),
    });
  const callIn = (number: string): OutgoingCall =>
    pstn.invite({ to: number, from: '+442079460123', proxy: up.sips!, sdp: offer('127.0.0.2') });

  it('carries a call from the PBX to the carrier', async () => {
    const call = callOut();
    await call.answered();
    expect((await call.bye()).status).toBe(200);
    const [invite] = pstn.received('INVITE');
    expect(invite!.header('Via')).toMatch(/^SIP\/2\.0\/TLS /);
    expect(invite!.header('Contact')).toContain(';transport=tls');
    expect(invite!.uri).toContain(';transport=tls');
    expect(await up.record(call.callId)).toMatchObject({
      outcomeCode: 'answered',
      source: { transport: 'tls' },
    });
    await up.expectIdle();
  });

  it('carries a call from the carrier to a sips: URI', async () => {
    const call = callIn('+15550100');
    await call.answered();
    expect((await call.bye()).status).toBe(200);
    expect(pbx.received('INVITE')[0]!.header('Via')).toMatch(/^SIP\/2\.0\/TLS /);
    await up.expectIdle();
  });

  it('lets the called side hang up over the connection that it was called on', async () => {
    pbx.onInvite = async (incoming) => {
      await incoming.answer(offer('127.0.0.3'));
      await incoming.bye();
    };
    const call = callIn('+15550100');
    await call.answered();
    await call.ended();
    expect(await up.record(call.callId)).toMatchObject({ outcomeCode: 'answered', hungUpBy: 'callee' });
    await up.expectIdle();
    pbx.onInvite = async (incoming) => {
      await incoming.answer(offer('127.0.0.3'));
    };
  });

  it.each([
    ['expired', '+15550111', 'certificate of the peer has expired'],
    ['for another name', '+15550112', 'certificate of the peer is for another name'],
    ['self-signed', '+15550113', 'certificate of the peer is self-signed'],
  ])(
    'sends nothing to a peer whose certificate is %s, and says so in the record',
    async (name, number, reason) => {
      const call = callIn(number);
      expect((await call.final()).status).toBe(503);
      const record = await up.record(call.callId);
      expect(record.attempts[0]?.error).toMatch(new RegExp(`^${reason}: tls/127\\.0\\.0\\.3:\\d+$`));
      expect(refused[name]!.received('INVITE')).toEqual([]);
      await up.expectIdle();
    },
  );

  it('serves a renewed certificate without failing a call at 20 a second', async () => {
    const calls: Promise<number>[] = [];
    const one = async (): Promise<number> => {
      const call = callOut();
      await call.answered();
      return (await call.bye()).status;
    };
    const timer = setInterval(() => calls.push(one()), 50);
    try {
      material.write('server', await material.authority.issue(OURS));
      await eventually('the certificate to be read again', () => up.log().includes('certificate read again'));
      const before = calls.length;
      await eventually('a second of calls with it', () => calls.length >= before + 20);
    } finally {
      clearInterval(timer);
    }
    expect(new Set(await Promise.all(calls))).toEqual(new Set([200]));
    await up.expectIdle();
  }, 60_000);
});

describe('without a certificate', () => {
  it('trunkline up makes one of its own, and says whom to trust', async () => {
    const up = await startTrunkline({
      manifests: trunk('acme', { acl: ['127.0.0.3/32'], numbers: ['+15550100'] }),
      args: ['--sips', '127.0.0.1:0'],
    });
    try {
      const { readFileSync } = await import('node:fs');
      const ca = readFileSync(`${up.dataDir}/tls/ca.crt`, 'utf8');
      const { connect } = await import('node:tls');
      const socket = connect({ host: '127.0.0.1', port: up.sips!.port, servername: DOMAIN, ca });
      await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
      expect(socket.authorized).toBe(true);
      socket.destroy();
    } finally {
      await up.stop();
    }
  }, 60_000);
});
