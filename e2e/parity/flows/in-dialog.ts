// SPDX-License-Identifier: Apache-2.0
import { App } from '../app.ts';
import type { Flow } from '../flow.ts';
import { converse } from './parties.ts';

/** Requests within a call that is up. */
export const inDialog: Flow[] = [
  ...['INFO', 'UPDATE', 'OPTIONS', 'MESSAGE', 'NOTIFY'].map((method): Flow => ({
    name: `${method} both ways`,
    run: async (stage) => {
      const { call, dialog } = await converse(stage);
      const asked = App.eventOf(dialog, method.toLowerCase());
      const answered = call.request(method, {
        body: 'x=1',
        contentType: 'text/plain',
        headers: { Event: 'talk', 'Subscription-State': 'active' },
      });
      (await asked).res.send(200, { headers: { 'X-Seen': 'yes' } });
      await answered;
      const { status } = await dialog.request({
        method,
        body: 'y=2',
        headers: { 'Content-Type': 'text/plain', Event: 'talk' },
      });
      stage.note(`the caller says ${status}`);
      await call.bye();
    },
  })),
  {
    name: 'INFO without a listener, and INFO that the caller refuses',
    run: async (stage) => {
      const { call, dialog } = await converse(stage);
      await call.request('INFO');
      call.onRequest = ({ method }) => ({ status: method === 'INFO' ? 501 : 200, reason: 'Not Here' });
      const { status, reason } = await dialog.request({ method: 'INFO' });
      stage.note(`the caller says ${status} ${reason}`);
      await call.bye();
    },
  },
  {
    name: 'REFER of the caller, and the NOTIFYs that tell of it',
    run: async (stage) => {
      const { call, dialog } = await converse(stage);
      const asked = App.eventOf(dialog, 'refer');
      const accepted = call.request('REFER', { headers: { 'Refer-To': '<sip:+15550102@192.0.2.1>' } });
      (await asked).res.send(202);
      await accepted;
      for (const [line, state] of [
        ['SIP/2.0 100 Trying', 'active;expires=60'],
        ['SIP/2.0 200 OK', 'terminated;reason=noresource'],
      ] as const)
        await dialog.request({
          method: 'NOTIFY',
          headers: { Event: 'refer', 'Subscription-State': state, 'Content-Type': 'message/sipfrag' },
          body: `${line}\r\n`,
        });
      await dialog.destroy();
      await call.ended();
    },
  },
  {
    name: 'REFER of the app, and a NOTIFY that ends its subscription, not the call',
    run: async (stage) => {
      const { call, dialog } = await converse(stage);
      call.onRequest = ({ method }) => ({ status: method === 'REFER' ? 202 : 200 });
      const { status } = await dialog.request({
        method: 'REFER',
        headers: { 'Refer-To': '<sip:+15550102@192.0.2.1>' },
      });
      stage.note(`REFER: ${status}`);
      const told = App.eventOf(dialog, 'notify');
      const notified = call.request('NOTIFY', {
        body: 'SIP/2.0 200 OK\r\n',
        contentType: 'message/sipfrag',
        headers: { Event: 'refer', 'Subscription-State': 'terminated;reason=noresource' },
      });
      (await told).res.send(200);
      await notified;
      await dialog.request({ method: 'INFO' });
      await call.bye();
    },
  },
  {
    name: 'a method that nobody knows, within a call',
    run: async (stage) => {
      const { call, caller } = await converse(stage);
      void call.request('FROBNICATE').catch(() => undefined);
      await stage.pass(1_500, 'it is answered at once or never');
      stage.note(
        `answers: ${caller.seen.filter(({ direction, message }) => direction === 'in' && message.cseq.method === 'FROBNICATE').length > 0}`,
      );
      await call.bye();
    },
  },
  {
    name: 'a request with the wrong From tag, and one with the wrong To tag',
    withoutParity: 'RFC 3261 §12.2.2: 481',
    run: async (stage) => {
      const { call } = await converse(stage);
      const party = `<sip:+15550101@${stage.sipHostPort}>;tag=`;
      stage.note(
        `wrong From tag: ${(await call.request('INFO', { headers: { From: `${party}wrong` } })).status}`,
      );
      stage.note(
        `wrong To tag: ${(await call.request('INFO', { headers: { To: `${party}wrong` } })).status}`,
      );
      await call.bye();
    },
  },
  {
    name: 'an older CSeq within a call',
    run: async (stage) => {
      const { call } = await converse(stage);
      await call.request('INFO');
      stage.note(`older CSeq: ${(await call.request('INFO', { headers: { CSeq: '1 INFO' } })).status}`);
      await call.bye();
    },
  },
  {
    name: '@localhost within a dialog',
    withParity:
      'drachtio-server drops the header without a word; sip-engine refuses the frame, so that a test shows it',
    run: async (stage) => {
      const { call, dialog } = await converse(stage);
      await stage.noteOutcome(
        'INFO',
        dialog.request({ method: 'INFO', headers: { Contact: '<sip:app@localhost>' } }),
      );
      await call.bye();
    },
  },
];
