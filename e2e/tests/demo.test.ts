// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, isBound, SipPeer, startProgram, type Program } from '../src/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let demo: Program | undefined;
const peers: SipPeer[] = [];
const open = async (...args: Parameters<typeof SipPeer.open>) => {
  const peer = await SipPeer.open(...args);
  peers.push(peer);
  return peer;
};
const start = (...flags: string[]) => {
  const args = ['--disable-warning=ExperimentalWarning', 'e2e/src/demo/main.ts', ...flags];
  return (demo = startProgram({ command: process.execPath, args, cwd: root }));
};
afterEach(async () => {
  await demo?.stop('SIGINT');
  for (const peer of peers.splice(0)) await peer.close();
});

/** What `make demo` runs. Its PBX and carrier have fixed addresses: these tests go one after the other. */
describe('the demo', () => {
  it('places a call each way, measures audio in four directions, and shows both ladders', async () => {
    const running = start('--once');
    const exitCode = await running.exited;
    expect({ exitCode, stderr: running.stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(running.stdout.match(/^audio .* (440|880) Hz, ok$/gm)).toHaveLength(4);
    expect(running.stdout).toContain('Both calls answered; audio measured in 4 of 4 directions.');
    expect(running.stdout.match(/── INVITE sip:\+15550123@acme\.pstn\./g)).toHaveLength(1);
    expect(running.stdout.match(/^ +caller +trunkline +callee1$/gm)).toHaveLength(2);
  }, 60_000);

  it('then keeps running for a softphone, and ends cleanly on Ctrl-C', async () => {
    const data = mkdtempSync(join(tmpdir(), 'tl-demo-'));
    const port = await freePort();
    const running = start('--sip', `127.0.0.1:${port}`, '--data', data, '--metrics', 'off');
    await running.line((line) => (line === 'Ctrl-C ends it.' ? true : undefined), 60_000);
    expect(running.stdout).toContain(`outbound proxy        sip:127.0.0.1:${port};transport=udp`);

    const softphone = await open({ address: '127.0.0.1', proxy: { address: '127.0.0.1', port } });
    const call = softphone.invite({
      to: 'sip:+442079460999@acme.pstn.example.com',
      from: '+15550100',
      sdp: 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n',
      auth: { username: 'pbx', password: 'Demo-Password-1' },
    });
    await call.answered();
    await running.line((line) =>
      line.includes('carrier: call to +442079460999, answered') ? true : undefined,
    );
    await call.bye();

    expect(await running.stop('SIGINT', 15_000)).toBe(0);
    expect(isBound('udp', port)).toBe(false);
    rmSync(data, { recursive: true });
  }, 90_000);

  it('says what is wrong with its flags, and that another one is running', async () => {
    const wrong = start('--twice');
    expect(await wrong.exited).toBe(2);
    expect(wrong.stderr).toMatch(/--twice[^]*demo \[--once\]/);
    await open({ address: '127.0.0.3', port: 5070 });
    const second = start('--once');
    expect(await second.exited).toBe(1);
    expect(second.stderr).toBe('127.0.0.3:5070 is in use: is another demo running?\n');
  }, 60_000);
});
