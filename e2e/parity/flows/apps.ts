// SPDX-License-Identifier: Apache-2.0
import type { App } from '../app.ts';
import type { Flow } from '../flow.ts';
import type { Stage } from '../stage.ts';
import { APP_SDP, CALL, callApp } from './parties.ts';

/** Longer than anything that the engines take in one frame. */
const padding = (bytes: number): string => 'x'.repeat(bytes);

const authenticated = async (stage: Stage, name = 'app') => {
  const raw = await stage.rawApp(name);
  await raw.ask(`authenticate|${stage.engine.admin.secret}|`);
  return raw;
};

/** Until nothing comes any more. */
const refuseAll = async (app: App): Promise<void> => {
  try {
    for (;;) (await app.next('invite')).res.send(486);
  } catch {
    // Nothing more has come.
  }
};

/** What passes between engine and apps besides calls. */
export const apps: Flow[] = [
  {
    name: 'two apps take calls in turns',
    run: async (stage) => {
      const first = await stage.app(['invite'], 'first');
      const second = await stage.app(['invite'], 'second');
      const caller = await stage.peer('caller');
      for (const app of [first, second]) void refuseAll(app);
      for (let calls = 0; calls < 4; calls += 1) await caller.invite(CALL).final();
    },
  },
  {
    name: 'one of two apps goes away, and the other takes all calls',
    run: async (stage) => {
      const first = await stage.app(['invite'], 'first');
      const second = await stage.app(['invite'], 'second');
      const caller = await stage.peer('caller');
      stage.disconnect(first);
      await stage.pass(200, 'the engine has no way to say that it has seen the connection close');
      for (let calls = 0; calls < 3; calls += 1) {
        const call = caller.invite(CALL);
        (await second.next('invite')).res.send(486);
        await call.final();
      }
    },
  },
  {
    name: 'requests within a call go to the app that has it',
    run: async (stage) => {
      const first = await stage.app(['invite'], 'first');
      const caller = await stage.peer('caller');
      const call = caller.invite(CALL);
      const { req, res } = await first.next('invite');
      const dialog = await first.stack.createUAS(req, res, { localSdp: APP_SDP });
      await call.answered();
      await first.hears('ACK');
      await stage.app(['invite', 'info'], 'second');
      await call.request('INFO');
      await call.request('INFO');
      await dialog.destroy();
      await call.ended();
    },
  },
  {
    name: 'another app may speak within a call that it can name',
    run: async (stage) => {
      const { app, call, req, res } = await callApp(stage);
      const dialog = await app.stack.createUAS(req, res, { localSdp: APP_SDP });
      await call.answered();
      await app.hears('ACK');
      const other = await authenticated(stage, 'other');
      await other.ask(`sip||${dialog.id}|\r\nINFO sip:placeholder SIP/2.0\r\n\r\n`);
      await other.delivered(({ message }) => message?.status === 200, '200 of the INFO');
      await call.bye();
    },
  },
  {
    name: 'a request within a call that is not there',
    run: async (stage) => {
      const raw = await authenticated(stage);
      await raw.ask('sip||nothing@192.0.2.1;from-tag=1|\r\nINFO sip:placeholder SIP/2.0\r\n\r\n');
      await raw.ask('sip||nothing@192.0.2.1;from-tag=1|\r\nBYE sip:placeholder SIP/2.0\r\n\r\n');
      await raw.ask('sip||nothing@192.0.2.1;from-tag=1|\r\nACK sip:placeholder SIP/2.0\r\n\r\n');
    },
  },
  {
    name: 'a response to nothing',
    run: async (stage) => {
      const raw = await authenticated(stage);
      await raw.ask('sip|nothing||\r\nSIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\n\r\n');
    },
  },
  {
    name: 'a body without Content-Type',
    run: async (stage) => {
      const raw = await authenticated(stage);
      const callee = await stage.peer('callee');
      await raw.ask(
        `sip||\r\nMESSAGE ${stage.uriOf(callee)} SIP/2.0\r\nFrom: <sip:a@localhost>\r\n\r\nhello`,
      );
    },
  },
  {
    name: 'a wrong secret',
    run: async (stage) => {
      const raw = await stage.rawApp();
      const { tokens } = await raw.ask('authenticate|wrong|');
      stage.note(tokens.slice(3).join(' '));
      await raw.ended();
      stage.note('closed');
    },
  },
  {
    name: 'a request before the secret',
    withParity:
      'drachtio-server obeys frames before it has seen the secret; sip-engine closes the connection',
    run: async (stage) => {
      const raw = await stage.rawApp();
      const { tokens } = await raw.ask('ping');
      stage.note(tokens.slice(3).join(' '));
    },
  },
  {
    name: 'ping and the words of authenticate, route and remove_route',
    run: async (stage) => {
      const raw = await stage.rawApp();
      const { tokens } = await raw.ask(`authenticate|${stage.engine.admin.secret}|blue,green`);
      stage.note(
        `authenticate: ${tokens[3] ?? ''}, ${tokens.length} tokens, version ${/^v\d+\.\d+\.\d+/.test(tokens[5] ?? '')}`,
      );
      stage.note(`addresses: ${stage.anonymous((tokens[4] ?? '').split(',').sort().join(' '))}`);
      for (const frame of ['ping', 'route|options', 'route|anything', 'remove_route|anything'])
        stage.note(`${frame}: ${(await raw.ask(frame)).tokens.slice(3).join(' ')}`);
    },
  },
  {
    name: 'remove_route takes all verbs of the app',
    withoutParity: 'only the verb that is named',
    run: async (stage) => {
      const raw = await authenticated(stage);
      await raw.ask('route|invite');
      await raw.ask('route|options');
      await raw.ask('remove_route|invite');
      const caller = await stage.peer('caller');
      const options = caller.request({ method: 'OPTIONS', uri: `sip:${stage.sipHostPort}` });
      const outcome = await Promise.race([
        options.then(
          ({ status }) => `${status}`,
          () => 'silence',
        ),
        stage
          .pass(1_000, 'the app, which does not answer, has it, or the 503 comes at once')
          .then(() => 'the app has it'),
      ]);
      stage.note(`OPTIONS: ${outcome}`);
    },
  },
  {
    name: 'a frame of 11,000 bytes passes',
    run: async (stage) => {
      const raw = await authenticated(stage);
      const callee = await stage.peer('callee');
      callee.onRequest = ({ body }) => ({ status: 200, headers: { 'X-Length': `${body.length}` } });
      await raw.ask(
        `sip||\r\nMESSAGE ${stage.uriOf(callee)} SIP/2.0\r\nFrom: <sip:a@localhost>\r\nContent-Type: text/plain\r\n\r\n${padding(11_000)}`,
      );
      const { message } = await raw.delivered((frame) => frame.message?.status === 200, '200');
      stage.note(`length ${message?.header('X-Length') ?? ''}`);
    },
  },
  {
    name: 'a frame of 13,000 bytes',
    withParity:
      'drachtio-server never answers this connection again; sip-engine refuses the frame and says why',
    withoutParity: 'sip-engine takes it',
    run: async (stage) => {
      const raw = await authenticated(stage);
      const callee = await stage.peer('callee');
      callee.onRequest = ({ body }) => ({ status: 200, headers: { 'X-Length': `${body.length}` } });
      raw.send(
        `sip||\r\nMESSAGE ${stage.uriOf(callee)} SIP/2.0\r\nFrom: <sip:a@localhost>\r\nContent-Type: text/plain\r\n\r\n${padding(13_000)}`,
      );
      const alive = await raw.ask('ping', 2_000).then(
        () => 'alive',
        () => 'dead',
      );
      stage.note(`the connection is ${alive}`);
    },
  },
  {
    name: 'headers of 9,000 bytes',
    withParity:
      'drachtio-server cuts the headers and sends what is left; sip-engine refuses the frame and says why',
    withoutParity: 'sip-engine takes it',
    run: async (stage) => {
      const raw = await authenticated(stage);
      const callee = await stage.peer('callee');
      callee.onRequest = () => ({ status: 200 });
      const { tokens } = await raw.ask(
        `sip||\r\nMESSAGE ${stage.uriOf(callee)} SIP/2.0\r\nFrom: <sip:a@localhost>\r\nX-Long: ${padding(8_900)}\r\nX-After: 1\r\nContent-Type: text/plain\r\n\r\nhello`,
      );
      stage.note(tokens[3] ?? '');
      if (tokens[3] !== 'OK') return;
      const request = await callee.waitFor(({ method }) => method === 'MESSAGE', 'MESSAGE');
      stage.note(`X-Long ${request.header('X-Long').length}, X-After ${request.header('X-After') !== ''}`);
    },
  },
  {
    name: 'a request line of 600 bytes',
    withParity: 'the same refusal, without the whole line in it',
    withoutParity: 'sip-engine takes it',
    run: async (stage) => {
      const raw = await authenticated(stage);
      const callee = await stage.peer('callee');
      callee.onRequest = () => ({ status: 200 });
      const { tokens } = await raw.ask(
        `sip||\r\nOPTIONS sip:${padding(600)}@${callee.hostPort};transport=udp SIP/2.0\r\nFrom: <sip:a@localhost>\r\nTo: <sip:b@localhost>\r\n\r\n`,
      );
      stage.note(tokens[3] ?? '');
    },
  },
  {
    name: 'the tokens of every kind of frame',
    withParity: 'drachtio-server leaves the protocol of an ACK empty',
    run: async (stage) => {
      const raw = await authenticated(stage);
      await raw.ask('route|invite');
      const caller = await stage.peer('caller');
      const call = caller.invite(CALL);
      const invite = await raw.delivered(({ message }) => message?.method === 'INVITE', 'INVITE');
      stage.noteTokens(invite);
      const id = invite.tokens[8] ?? '';
      stage.noteTokens(await raw.ask(`sip|${id}||\r\nSIP/2.0 180 Ringing\r\nCSeq: 1 INVITE\r\n\r\n`));
      const ok = await raw.ask(
        `sip|${id}||\r\nSIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\nContent-Type: application/sdp\r\n\r\n${APP_SDP}`,
      );
      stage.noteTokens(ok);
      await call.answered();
      stage.noteTokens(await raw.delivered(({ message }) => message?.method === 'ACK', 'ACK'));
      stage.noteTokens(await raw.ask(`sip||${ok.tokens[11] ?? ''}|\r\nBYE sip:placeholder SIP/2.0\r\n\r\n`));
      stage.noteTokens(
        await raw.delivered(({ message }) => message?.cseq.method === 'BYE', '200 of the BYE'),
      );
    },
  },
];
