// SPDX-License-Identifier: Apache-2.0
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRtpPeer, type RtpPeer } from '@trunkline/media-relay/testing';
import {
  carrier,
  eventually,
  manifestText,
  sdp,
  SipPeer,
  startTrunkline,
  trunk,
  type OutgoingCall,
  type Resource,
  type Trunkline,
  type TrunkOptions,
} from '../src/index.ts';

const acl = ['127.0.0.3/32'];

describe('the directory of a running trunkline up', () => {
  let up: Trunkline;
  let pbx: SipPeer;
  let pstn: SipPeer;
  const phones: RtpPeer[] = [];

  const acme = (options: TrunkOptions = {}): Resource[] =>
    trunk('acme', { acl, numbers: ['+15550100'], targets: [pbx.uri], ...options });
  const globex = (): Resource[] => trunk('globex', { acl, numbers: ['+15550140'], targets: [pbx.uri] });
  const phone = async (address: string, frequencyHz: number): Promise<RtpPeer> => {
    const opened = await createRtpPeer({ address, frequencyHz });
    phones.push(opened);
    return opened;
  };

  beforeAll(async () => {
    pbx = await SipPeer.open({ address: '127.0.0.3', name: 'pbx' });
    pstn = await SipPeer.open({ address: '127.0.0.2', name: 'pstn' });
    up = await startTrunkline({ manifests: [carrier('pstn', [{ host: pstn.address, port: pstn.port }])] });
  }, 90_000);
  afterAll(async () => {
    await up.stop();
    await pbx.close();
    await pstn.close();
  }, 30_000);

  const apply = async (file: string, content: Resource[] | string) => {
    up.writeManifest(file, content);
    await up.waitApplied();
  };
  const answering = (peer: SipPeer) => {
    peer.onInvite = async (call) => {
      await call.answer(sdp({ address: peer.address, port: 40_000 }));
    };
  };
  const outbound = (from = '+15550100', domain = 'acme'): OutgoingCall =>
    pbx.invite({
      to: `sip:+442079460123@${domain}.pstn.example.com`,
      from,
      proxy: up.sip,
      sdp: sdp({ address: pbx.address, port: 40_000 }),
    });
  const inbound = (to: string): OutgoingCall =>
    pstn.invite({
      to,
      from: '+442079460123',
      proxy: up.sip,
      sdp: sdp({ address: pstn.address, port: 40_000 }),
    });
  /** 200, or the reject code; the call is ended. */
  const outcomeOf = async (call: OutgoingCall): Promise<string> => {
    const final = await call.final();
    if (final.status < 300) await call.bye();
    return final.status < 300 ? '200' : (final.trunklineCause ?? String(final.status));
  };
  /** What it has said since. */
  const saying = () => {
    const before = up.log().length;
    return {
      since: () => up.log().slice(before),
      line: (fits: RegExp) =>
        eventually(`the log to say ${String(fits)}`, () => fits.exec(up.log().slice(before))?.[0]),
    };
  };

  beforeEach(async () => {
    answering(pbx);
    answering(pstn);
    await apply('acme.yaml', acme());
    await apply('globex.yaml', globex());
  }, 30_000);
  afterEach(async () => {
    await up.expectIdle();
    for (const opened of phones.splice(0)) await opened.close();
    for (const file of ['acme.yaml', 'globex.yaml']) {
      up.removeManifest(file);
      await up.waitApplied();
    }
    expect(pbx.errors).toEqual([]);
    expect(pstn.errors).toEqual([]);
  }, 30_000);

  it('brings a change into force within a second', async () => {
    expect(await outcomeOf(outbound('+15550101'))).toBe('invalid-caller-id');
    // One of five may be late: a busy machine does not decide the test.
    const took: number[] = [];
    for (const last of ['2', '3', '4', '5', '6']) {
      const from = `+1555010${last}`;
      const before = Date.now();
      up.writeManifest('acme.yaml', acme({ callerIds: [from] }));
      // Asked by calls, as a customer would; until then it is refused.
      await eventually(`${from} to be a caller id`, async () => (await outcomeOf(outbound(from))) === '200');
      took.push(Date.now() - before);
      await up.waitApplied();
    }
    expect(took.toSorted((a, b) => a - b)[3]).toBeLessThan(1_000);
    expect(await outcomeOf(outbound('+15550101'))).toBe('invalid-caller-id');
  }, 60_000);

  it.each<[mistake: string, broken: (good: string) => string, says: RegExp]>([
    [
      'a misspelt field',
      (good) => good.replace('"termination"', '"terminaton"'),
      /acme\.yaml:(\d+):\d+: Trunk acme\/acme: spec\.terminaton: is not a known field\. Did you mean termination\?/,
    ],
    [
      'a value that is wrong',
      (good) => good.replace('127.0.0.3/32', '127.0.0.3/99'),
      /acme\.yaml:(\d+):\d+: IpAccessControlList acme\/acme-acl: spec\.addresses\[0\]\.cidr: is not a CIDR .+\. Write/,
    ],
    ['half of the file', (good) => good.slice(0, good.length / 2), /acme\.yaml:(\d+):\d+: .+/],
    ['text that is no YAML', () => 'see: the: wiki: [', /acme\.yaml:(\d+):\d+: .+/],
    ['nothing that is text', () => '\0\x01\x02', /acme\.yaml:(1):1: is not text in UTF-8/],
  ])(
    'keeps the last good state of a file with %s, and says so with file and line',
    async (_, broken, says) => {
      const good = manifestText(acme());
      const said = saying();
      up.writeManifest('acme.yaml', broken(good));
      const line = await said.line(says);
      expect(
        line.startsWith(up.manifestDir) || up.log().includes(`${join(up.manifestDir, 'acme.yaml')}:`),
      ).toBe(true);
      await said.line(/acme\.yaml is broken: its last good state stays in force, the other files apply\n/);
      expect(await outcomeOf(outbound())).toBe('200');
      expect(await outcomeOf(inbound('+15550100'))).toBe('200');

      // The other files apply.
      await apply('globex.yaml', trunk('globex', { acl, numbers: ['+15550141'], targets: [pbx.uri] }));
      expect(await outcomeOf(inbound('+15550141'))).toBe('200');
      expect(await outcomeOf(inbound('+15550140'))).toBe('unknown-number');

      up.writeManifest('acme.yaml', good);
      await said.line(/no problems are left\n/);
      // What still holds is said once, however often the directory is read.
      expect(said.since().match(/acme\.yaml is broken/g)).toHaveLength(1);
      expect(await outcomeOf(outbound())).toBe('200');
    },
    60_000,
  );

  it('takes what is sound from a new file that was never good', async () => {
    const said = saying();
    const [account, list, route, ...rest] = trunk('initech', {
      acl,
      numbers: ['+15550160', '555'],
      targets: [pbx.uri],
    });
    await apply('initech.yaml', [account, list, route, ...rest] as Resource[]);
    await said.line(
      /initech\.yaml:\d+:\d+: PhoneNumber initech\/n555: spec\.number: is not an E\.164 number/,
    );
    expect(await outcomeOf(inbound('+15550160'))).toBe('200');
    up.removeManifest('initech.yaml');
    await up.waitApplied();
    expect(await outcomeOf(inbound('+15550160'))).toBe('unknown-number');
  }, 60_000);

  it('says what no longer goes together, at the line of the one that points', async () => {
    const said = saying();
    await apply(
      'acme.yaml',
      acme().filter(({ kind }) => kind !== 'IpAccessControlList'),
    );
    await said.line(
      /acme\.yaml:\d+:\d+: Trunk acme\/acme: \S+ipAccessControlLists: there is no IpAccessControlList acme-acl .+ lets nobody in/,
    );
    expect(await outcomeOf(outbound())).toBe('source-address-denied');
    await apply('acme.yaml', acme());
    await said.line(/no problems are left\n/);
    expect(await outcomeOf(outbound())).toBe('200');
  }, 60_000);

  it('takes a trunk away with its file, both ways', async () => {
    expect(await outcomeOf(outbound('+15550140', 'globex'))).toBe('200');
    up.removeManifest('globex.yaml');
    await up.waitApplied();
    expect(await outcomeOf(outbound('+15550140', 'globex'))).toBe('unknown-domain');
    expect(await outcomeOf(inbound('+15550140'))).toBe('unknown-number');
    // Its neighbour has not noticed.
    expect(await outcomeOf(outbound())).toBe('200');
    await apply('globex.yaml', globex());
    expect(await outcomeOf(outbound('+15550140', 'globex'))).toBe('200');
  }, 60_000);

  it('picks up a new file, also in a new folder below', async () => {
    const folder = join(up.manifestDir, 'tenants', 'initech');
    expect(await outcomeOf(inbound('+15550170'))).toBe('unknown-number');
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, 'all.yml'),
      manifestText(trunk('initech', { numbers: ['+15550170'], targets: [pbx.uri] })),
    );
    await eventually('the new number', async () => (await outcomeOf(inbound('+15550170'))) === '200');
    rmSync(join(up.manifestDir, 'tenants'), { recursive: true });
    await eventually(
      'the number to go',
      async () => (await outcomeOf(inbound('+15550170'))) === 'unknown-number',
    );
  }, 60_000);

  it('passes over files that are no manifests', async () => {
    const said = saying();
    for (const name of ['README.md', '.acme.yaml.swp', '.hidden.yaml', 'acme.yaml~']) {
      writeFileSync(join(up.manifestDir, name), 'not: [a manifest');
    }
    await apply('globex.yaml', trunk('globex', { acl, numbers: ['+15550149'], targets: [pbx.uri] }));
    expect(await outcomeOf(inbound('+15550149'))).toBe('200');
    expect(said.since()).not.toMatch(/:\d+:\d+: |broken/);
    for (const name of ['README.md', '.acme.yaml.swp', '.hidden.yaml', 'acme.yaml~'])
      rmSync(join(up.manifestDir, name));
  }, 60_000);

  it('keeps everything in force while the directory is away', async () => {
    const said = saying();
    renameSync(up.manifestDir, `${up.manifestDir}.away`);
    await said.line(/cannot be read: there is no such directory; what was applied stays in force\n/);
    expect(await outcomeOf(outbound())).toBe('200');
    renameSync(`${up.manifestDir}.away`, up.manifestDir);
    await apply('acme.yaml', acme({ callerIds: ['+15550108'] }));
    expect(await outcomeOf(outbound('+15550108'))).toBe('200');
  }, 60_000);

  const change: [what: string, apply: () => Promise<void>][] = [
    [
      'its trunk is removed',
      async () => {
        up.removeManifest('acme.yaml');
        await up.waitApplied();
      },
    ],
    [
      'its caller is shut out and its number moved',
      () => apply('acme.yaml', trunk('acme', { acl: ['127.0.0.99/32'], numbers: ['+15550109'] })),
    ],
    ['its account is suspended', () => apply('acme.yaml', acme({ account: { suspended: true } }))],
    [
      'its file breaks',
      async () => {
        const said = saying();
        up.writeManifest('acme.yaml', 'broken: [');
        await said.line(/is broken/);
      },
    ],
  ];

  it.each(change)(
    'does not touch a call in progress when %s',
    async (_, changing) => {
      const [near, far] = [await phone('127.0.0.3', 440), await phone('127.0.0.2', 880)];
      pstn.onInvite = async (call) => {
        far.start(call.remoteSdp);
        await call.answer(far.sdp());
      };
      const call = pbx.invite({
        to: 'sip:+442079460123@acme.pstn.example.com',
        from: '+15550100',
        proxy: up.sip,
        sdp: near.sdp(),
      });
      await call.answered();
      near.start(call.remoteSdp);
      await Promise.all([near.hears(10), far.hears(10)]);

      await changing();
      await Promise.all([near.hears(30), far.hears(30)]);
      expect((await call.reinvite(near.sdp({ version: 2 }))).status).toBe(200);
      await Promise.all([near.hears(10), far.hears(10)]);
      expect((await call.bye()).status).toBe(200);
      expect(await up.record(call.callId)).toMatchObject({
        status: 'completed',
        outcomeCode: 'answered',
        hungUpBy: 'caller',
        warnings: [],
      });
      await apply('acme.yaml', acme({ callerIds: ['+15550199'] }));
    },
    60_000,
  );
});
