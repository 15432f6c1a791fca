// SPDX-License-Identifier: Apache-2.0
import type { Flow } from '../flow.ts';
import type { Stage } from '../stage.ts';
import { CALL } from './parties.ts';

/** A request of the peer, whose answer may be silence. */
const ask = async (
  stage: Stage,
  method: string,
  headers: Record<string, string | null> = {},
): Promise<string> => {
  const peer = await stage.peer(`asks-${method.toLowerCase()}`);
  const answer = peer.request({ method, uri: `sip:${stage.sipHostPort}`, headers }).then(
    ({ status, reason }) => `${status} ${reason}`,
    () => 'silence',
  );
  return Promise.race([answer, stage.pass(1_500, 'the answer comes at once or never').then(() => 'silence')]);
};

interface Question {
  what?: string;
  method: string;
  headers?: Record<string, string | null>;
}

/** All at once: silence takes its time. */
const askAll = async (stage: Stage, questions: Question[]): Promise<void> => {
  const answers = await Promise.all(questions.map(({ method, headers }) => ask(stage, method, headers)));
  for (const [at, { what, method }] of questions.entries()) stage.note(`${what ?? method}: ${answers[at]}`);
};

/** Requests outside calls. */
export const outside: Flow[] = [
  {
    name: 'OPTIONS, REGISTER and MESSAGE are for the app',
    run: async (stage) => {
      const app = await stage.app(['options', 'register', 'message']);
      const peer = await stage.peer('caller');
      const uri = `sip:${stage.sipHostPort}`;
      const options = peer.request({ method: 'OPTIONS', uri });
      (await app.next('options')).res.send(200, { headers: { Accept: 'application/sdp' } });
      await options;
      const register = peer.request({ method: 'REGISTER', uri, headers: { Expires: '60' } });
      (await app.next('register')).res.send(405, { headers: { Allow: 'INVITE' } });
      await register;
      const message = peer.request({
        method: 'MESSAGE',
        uri,
        headers: { 'Content-Type': 'text/plain' },
        body: 'hello',
      });
      (await app.next('message')).res.send(202);
      await message;
    },
  },
  {
    name: 'requests without an app that takes them',
    run: async (stage) => {
      const methods = ['INVITE', 'OPTIONS', 'REGISTER', 'MESSAGE', 'SUBSCRIBE', 'PUBLISH', 'INFO', 'NOTIFY'];
      await askAll(
        stage,
        methods.map((method) => ({ method })),
      );
    },
  },
  {
    name: 'requests that only make sense within a call',
    withoutParity: 'an answer in place of silence, so that the peer need not repeat its request',
    run: async (stage) => {
      const methods = ['BYE', 'UPDATE', 'PRACK', 'REFER', 'FROBNICATE'];
      await askAll(
        stage,
        methods.map((method) => ({ method })),
      );
    },
  },
  {
    name: 'requests to a call that is not there',
    withoutParity: 'RFC 3261 §12.2.2: 481',
    run: async (stage) => {
      const methods = ['INVITE', 'BYE', 'INFO', 'UPDATE', 'OPTIONS', 'REFER'];
      const headers = { To: `<sip:${stage.sipHostPort}>;tag=gone` };
      await askAll(
        stage,
        methods.map((method) => ({ method, headers })),
      );
    },
  },
  {
    name: 'broken requests',
    withParity: 'what has no From cannot be answered by the book, and sip-engine drops it',
    run: async (stage) => {
      await stage.app(['invite', 'options', 'register']);
      await askAll(stage, [
        { what: 'OPTIONS without Max-Forwards', method: 'OPTIONS', headers: { 'Max-Forwards': null } },
        { what: 'CSeq of another method', method: 'INVITE', headers: { CSeq: '1 OPTIONS' } },
        { what: 'CSeq that is no number', method: 'PUBLISH', headers: { CSeq: 'one PUBLISH' } },
        { what: 'no From', method: 'MESSAGE', headers: { From: null } },
        {
          what: 'REGISTER with * and Expires 60',
          method: 'REGISTER',
          headers: { Contact: '*', Expires: '60' },
        },
      ]);
    },
  },
  {
    name: 'the app sends OPTIONS and hears the answer',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      callee.onRequest = () => ({ status: 200, headers: { Allow: 'INVITE' } });
      const request = await app.stack.request(stage.uriOf(callee), {
        method: 'OPTIONS',
        headers: { From: '<sip:ping@localhost>', To: `<sip:${callee.hostPort}>` },
      });
      request.on('response', () => undefined);
      await app.hears('SIP/2.0 200');
    },
  },
  {
    name: 'CRLFCRLF over TCP is answered CRLF',
    run: async (stage) => {
      const app = await stage.app();
      const caller = await stage.peer('caller', { transport: 'tcp' });
      await caller.sendRaw('\r\n\r\n');
      const pong = await caller.waitFor(() => true, 'the pong');
      stage.note(`pong: ${JSON.stringify(pong.startLine)}`);
      const call = caller.invite(CALL);
      (await app.next('invite')).res.send(486);
      await call.final();
    },
  },
  {
    name: 'compact header names reach the app as they came, and are understood',
    run: async (stage) => {
      const app = await stage.app();
      const caller = await stage.peer('caller');
      const call = caller.invite(CALL);
      (await app.next('invite')).res.send(480);
      await call.final();
      const compact = call.invite
        .toString()
        .replace(/^Via:/m, 'v:')
        .replace(/^From:/m, 'f:')
        .replace(/^To:/m, 't:')
        .replace(/^Call-ID: /m, 'i: c')
        .replace(/^Contact:/m, 'm:')
        .replace(/^Content-Length:/m, 'l:')
        .replace(/^Content-Type:/m, 'c:')
        .replace(/branch=\S+?;/, 'branch=z9hG4bKcompact;');
      await caller.sendRaw(compact);
      const { req, res } = await app.next('invite');
      stage.note(
        `From ${req.get('From') !== ''}, Contact ${req.get('Contact') !== ''}, body ${req.body.length}`,
      );
      res.send(486);
      await caller.waitFor(({ status, branch }) => status === 486 && branch === 'z9hG4bKcompact', 'the 486');
    },
  },
];
