// SPDX-License-Identifier: Apache-2.0
import { App } from '../app.ts';
import type { Flow } from '../flow.ts';
import { APP_SDP, CALL, CALLER_SDP, callApp } from './parties.ts';

/** Calls that the app answers or refuses itself. */
export const answering: Flow[] = [
  {
    name: 'a call is answered, and the caller hangs up',
    run: async (stage) => {
      const { app, call, req, res } = await callApp(stage);
      const dialog = await app.stack.createUAS(req, res, { localSdp: APP_SDP });
      await call.answered();
      await app.hears('ACK');
      const over = App.eventOf(dialog, 'destroy');
      await call.bye();
      await over;
    },
  },
  {
    name: 'a call is answered, and the app hangs up',
    run: async (stage) => {
      const { app, call, req, res } = await callApp(stage);
      const dialog = await app.stack.createUAS(req, res, {
        localSdp: APP_SDP,
        headers: { 'X-Answered': 'yes' },
      });
      await call.answered();
      await app.hears('ACK');
      await dialog.destroy({ headers: { Reason: 'Q.850;cause=16;text="Terminated"' } });
      await call.ended();
    },
  },
  {
    name: 'ringing and early media, then the answer',
    run: async (stage) => {
      const { app, call, req, res } = await callApp(stage);
      res.send(180);
      await call.response(180);
      res.send(183, { body: APP_SDP, headers: { Contact: '<sip:early@192.0.2.1>' } });
      await call.response(183);
      await app.stack.createUAS(req, res, { localSdp: APP_SDP });
      await call.answered();
      await app.hears('ACK');
      await call.bye();
    },
  },
  {
    name: 'a refused call',
    run: async (stage) => {
      const { call, res } = await callApp(stage);
      res.send(486, { headers: { 'X-Why': 'meeting', Reason: 'Q.850;cause=17' } });
      await call.final();
    },
  },
  {
    name: 'a refused call, with a reason phrase of the app, after ringing',
    run: async (stage) => {
      const { call, res } = await callApp(stage);
      res.send(180);
      await call.response(180);
      res.send(503, 'Trunk CPS limit exceeded', { headers: { 'Retry-After': '5' } });
      await call.final();
    },
  },
  {
    name: 'a redirected call',
    run: async (stage) => {
      const { call, res } = await callApp(stage);
      res.send(302, { headers: { Contact: '<sip:+15550199@192.0.2.7>' } });
      await call.final();
    },
  },
  {
    name: 'the app answers twice',
    run: async (stage) => {
      const { call, res } = await callApp(stage);
      res.send(404);
      await call.final();
      res.send(500, {}, (error) => {
        stage.note(`second answer: ${String(error)}`);
      });
    },
  },
  {
    name: 'an INVITE that is repeated before and after the first answer',
    withParity:
      'RFC 3261 §17.2.1: a repeated INVITE gets its 100 again; drachtio-server is silent until the app answers',
    run: async (stage) => {
      const { app, caller, call, req, res } = await callApp(stage);
      await call.response(100);
      await caller.sendRaw(call.invite.toString());
      res.send(180);
      await call.response(180);
      await caller.sendRaw(call.invite.toString());
      await stage.until('a second 180', () => caller.received(180).length === 2);
      await app.stack.createUAS(req, res, { localSdp: APP_SDP });
      await call.answered();
      await app.hears('ACK');
      await call.bye();
      stage.note(`100: ${caller.received(100).length}, 180: ${caller.received(180).length}`);
    },
  },
  {
    name: 'an INVITE without offer gets one in the 200',
    run: async (stage) => {
      const { app, call, req, res } = await callApp(stage, { to: CALL.to, from: CALL.from, autoAck: false });
      const dialog = await app.stack.createUAS(req, res, { localSdp: APP_SDP });
      const acked = App.eventOf(dialog, 'ack');
      await call.answered();
      call.ack(CALLER_SDP);
      stage.note(`the ACK brings ${(await acked).req.body.split('\r\n', 1)[0] ?? 'nothing'}`);
      await call.bye();
    },
  },
  {
    name: 'a call over TCP',
    run: async (stage) => {
      const { app, call, req, res } = await callApp(stage, CALL, { transport: 'tcp' });
      const dialog = await app.stack.createUAS(req, res, { localSdp: APP_SDP });
      await call.answered();
      await app.hears('ACK');
      await dialog.destroy();
      await call.ended();
    },
  },
  {
    name: 'a call through proxies that record their route',
    withParity: 'drachtio-server puts Record-Route into the 100 too',
    run: async (stage) => {
      const app = await stage.app();
      const caller = await stage.peer('caller');
      const routes = [`<sip:${caller.hostPort};lr>`, '<sip:proxy.invalid;lr>'];
      const call = caller.invite({ ...CALL, headers: { 'Record-Route': routes } });
      const { req, res } = await app.next('invite');
      res.send(183, { body: APP_SDP });
      await call.response(183);
      const dialog = await app.stack.createUAS(req, res, { localSdp: APP_SDP });
      await call.answered();
      await app.hears('ACK');
      await dialog.destroy();
      await call.ended();
    },
  },
  {
    name: 'what a caller demands and nobody knows (Require) reaches the app',
    run: async (stage) => {
      const { call, res } = await callApp(stage, { ...CALL, headers: { Require: 'nothing-known' } });
      res.send(420, { headers: { Unsupported: 'nothing-known' } });
      await call.final();
    },
  },
  {
    name: 'Max-Forwards 0 reaches the app',
    run: async (stage) => {
      const { call, res } = await callApp(stage, { ...CALL, headers: { 'Max-Forwards': '0' } });
      res.send(483);
      await call.final();
    },
  },
  {
    name: 'the same INVITE by two ways (merged request)',
    withParity: 'RFC 3261 §8.2.2.2: 482 at once; drachtio-server says 100, and 500 when the call is answered',
    run: async (stage) => {
      const { app, caller, call, req, res } = await callApp(stage);
      res.send(180);
      await call.response(180);
      const other = call.invite.toString().replace(/branch=\S+?;/, 'branch=z9hG4bKsecondway;');
      await caller.sendRaw(other);
      await caller.waitFor(({ branch }) => branch === 'z9hG4bKsecondway', 'a response to the second way');
      await app.stack.createUAS(req, res, { localSdp: APP_SDP });
      await call.answered();
      await call.bye();
    },
  },
];
