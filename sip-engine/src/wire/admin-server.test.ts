// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from '@jest/globals';
import { leaderOf, Rig, SECRET, textOf } from '../dialog/testing/rig.ts';
import { eventually } from '../dialog/testing/rig.ts';

describe('the admin server', () => {
  let rig: Rig;

  afterEach(async () => {
    await rig.close();
  });

  it('answers authenticate with addresses and a version that drachtio-srf accepts', async () => {
    rig = await Rig.start();
    const app = await rig.frames(false);
    const addresses = `udp/127.0.0.1:${rig.sipPort},tcp/127.0.0.1:${rig.sipPort}`;
    const tokens = await app.ask(`authenticate|${SECRET}|`);
    expect(tokens.slice(3)).toEqual(['OK', addresses, 'v0.9.10', addresses]);
    expect(tokens[5]).toMatch(/^v\d+\.\d+\.\d+/);
  });

  it('refuses a wrong secret and closes', async () => {
    rig = await Rig.start();
    const app = await rig.frames(false);
    expect((await app.ask('authenticate|wrong|')).slice(3)).toEqual(['NO', 'incorrect secret']);
    await app.ended();
    expect(JSON.stringify(rig.warnings)).not.toContain('wrong"');
  });

  it.each(['ping', 'route|invite', 'sip||\r\nOPTIONS sip:a@127.0.0.1 SIP/2.0\r\n\r\n'])(
    'obeys nothing before authenticate: %j',
    async (frame) => {
      rig = await Rig.start();
      const app = await rig.frames(false);
      const tokens = await app.ask(frame);
      expect(tokens[3]).toBe('NO');
      expect(tokens[4]).toMatch(/not authenticated/);
      await app.ended();
    },
  );

  it('does not act on frames that follow a refused one in the same segment', async () => {
    rig = await Rig.start();
    const app = await rig.frames(false);
    const bad = 'm1|ping';
    const good = `m2|authenticate|${SECRET}|`;
    app.raw(`${bad.length}#${bad}${good.length}#${good}`);
    await app.ended();
    expect(app.frames.map((frame) => leaderOf(frame)[2])).toEqual(['m1']);
  });

  it('answers ping, route and remove_route', async () => {
    rig = await Rig.start();
    const app = await rig.frames();
    expect((await app.ask('ping')).slice(3)).toEqual(['OK', 'pong']);
    expect((await app.ask('route|invite')).slice(3)).toEqual(['OK']);
    expect((await app.ask('route|invite')).slice(3)).toEqual(['OK']);
    expect((await app.ask('remove_route|invite')).slice(3)).toEqual(['OK']);
  });

  it.each(['proxy|t|', 'whatever'])('says that %j is not supported', async (frame) => {
    rig = await Rig.start();
    const app = await rig.frames();
    expect((await app.ask(frame)).slice(3)).toEqual(['NOK', 'not supported by embedded engine']);
  });

  it('closes for a response without transaction, as drachtio-server does', async () => {
    rig = await Rig.start();
    const app = await rig.frames();
    expect((await app.ask('sip||\r\nSIP/2.0 200 OK\r\n\r\n')).slice(3)).toEqual([
      'NO',
      'transaction id missing',
    ]);
    await app.ended();
  });

  it('closes for a length field of six digits, and says so', async () => {
    rig = await Rig.start();
    const app = await rig.frames();
    app.raw('100000#');
    await app.ended();
    expect(JSON.stringify(rig.warnings)).toContain('100000#');
  });

  it('refuses with parity what drachtio-server would wedge or cut on', async () => {
    rig = await Rig.start();
    const app = await rig.frames();
    const start = `OPTIONS sip:a@127.0.0.1:9 SIP/2.0\r\n`;
    const frame = await app.ask(`sip||\r\n${start}Content-Type: text/plain\r\n\r\n${'x'.repeat(12_300)}`);
    expect(frame.slice(3).join()).toMatch(/^NOK,frame of \d+ bytes.*12228/);
    const headers = await app.ask(`sip||\r\n${start}X-Long: ${'x'.repeat(8_400)}\r\n\r\n`);
    expect(headers.slice(3).join()).toMatch(/^NOK,headers of \d+ bytes.*8400/);
    const line = await app.ask(`sip||\r\nOPTIONS sip:${'x'.repeat(520)}@127.0.0.1 SIP/2.0\r\n\r\n`);
    expect(line.slice(3).join()).toMatch(/^NOK,invalid request-uri: start line of 5\d\d bytes/);
    expect((await app.ask('ping'))[3]).toBe('OK');
  });

  it('takes long frames without parity', async () => {
    rig = await Rig.start({ parity: false });
    const app = await rig.frames();
    const callee = await rig.udp();
    const body = 'x'.repeat(20_000);
    const uri = `sip:a@127.0.0.1:${callee.port}`;
    const tokens = await app.ask(
      `sip||\r\nMESSAGE ${uri} SIP/2.0\r\nContent-Type: text/plain\r\n\r\n${body}`,
    );
    expect(tokens[3]).toBe('OK');
    expect((await callee.request('MESSAGE')).body.toString()).toBe(body);
  });

  it('drops all verbs with remove_route under parity, and the one named without', async () => {
    rig = await Rig.start();
    for (const parity of [true, false]) {
      await rig.close();
      rig = await Rig.start({ parity });
      const app = await rig.frames();
      for (const verb of ['invite', 'options', 'message']) await app.ask(`route|${verb}`);
      await app.ask('remove_route|invite');
      const peer = await rig.udp();
      const options = peer.compose('OPTIONS');
      peer.send(options);
      if (parity) await peer.response(503);
      else await app.sip('OPTIONS');
    }
  });

  it('hands new requests to its apps in turn, and not to one that has gone', async () => {
    rig = await Rig.start();
    const [a, b] = [await rig.frames(), await rig.frames()];
    for (const app of [a, b]) await app.ask('route|options');
    const peer = await rig.udp();
    const send = (): void => {
      peer.send(peer.compose('OPTIONS'));
    };
    send();
    await a.sip('OPTIONS');
    send();
    await b.sip('OPTIONS');
    send();
    await a.sip('OPTIONS');
    b.close();
    await eventually(() => rig.engine.load.server === 3, 'all three with the apps');
    send();
    await a.sip('OPTIONS');
    a.close();
    await a.ended();
    send();
    await peer.response(503);
  });

  it('keeps what a peer says in its body as bytes', async () => {
    rig = await Rig.start();
    const app = await rig.frames();
    await app.ask('route|message');
    const peer = await rig.udp();
    const message = peer.compose('MESSAGE', { body: 'héllo € 😀' });
    peer.send(message);
    expect(textOf(await app.sip('MESSAGE')).endsWith('\r\n\r\nhéllo € 😀')).toBe(true);
  });
});
