// SPDX-License-Identifier: Apache-2.0
import { App } from '../app.ts';
import type { Flow } from '../flow.ts';
import { APP_SDP, CALL, CALLEE_SDP, CALLER_SDP, callApp, placeCall } from './parties.ts';

const EARLY_UPDATE =
  'drachtio-server names no dialog in its reply, and adds no Content-Type to the SDP of the answer: the app has to';

/** srf's Dialog, which begins with the reply to the 200's frame, answers a PRACK 501. */
const RELIABLE =
  'sip-engine replies to the 200 when that goes out, after the PRACK: srf answers the PRACK 200';

/** What may happen before a call is answered: UPDATE, INFO, BYE, reliable provisional responses. */
export const early: Flow[] = [
  {
    name: 'UPDATE of the caller while the INVITE is pending, and a second one before the first is answered',
    withParity: EARLY_UPDATE,
    run: async (stage) => {
      const { app, call, req, res } = await callApp(stage);
      const updated = App.eventOf(req, 'update');
      res.send(183, { body: APP_SDP });
      await call.response(183);
      const first = call.request('UPDATE', { body: CALLER_SDP });
      const asked = await updated;
      const second = await call.request('UPDATE', { body: CALLER_SDP });
      stage.note(`the second one: ${second.status}, Retry-After ${second.header('Retry-After') !== ''}`);
      asked.res.send(200, { body: APP_SDP, headers: { Contact: '<sip:app@192.0.2.1>' } });
      await first;
      await app.stack.createUAS(req, res, { localSdp: APP_SDP });
      await call.answered();
      await call.bye();
    },
  },
  {
    name: 'UPDATE of the callee while the INVITE of the app is pending',
    withParity: EARLY_UPDATE,
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      stage.onCall(callee, (call) => {
        call.ring(183, { sdp: CALLEE_SDP });
      });
      const { invite, outcome } = await placeCall(stage, app, callee);
      const updated = App.eventOf(invite, 'update');
      const call = await stage.callAt(callee);
      await app.hears('SIP/2.0 183');
      const answered = call.request('UPDATE', { body: CALLEE_SDP });
      (await updated).res.send(200, { body: APP_SDP, headers: { Contact: '<sip:app@192.0.2.1>' } });
      stage.note(`UPDATE: ${(await answered).status}`);
      await call.answer(CALLEE_SDP);
      await (await outcome)?.destroy();
    },
  },
  {
    name: 'INFO while the INVITE is pending comes as a new request, where an app takes INFO',
    withParity:
      'drachtio-server loses the transaction: the answer of the app is refused, and the caller gets 500',
    run: async (stage) => {
      const app = await stage.app(['invite', 'info']);
      const caller = await stage.peer('caller');
      const call = caller.invite(CALL);
      const { req, res } = await app.next('invite');
      res.send(183, { body: APP_SDP });
      await call.response(183);
      const answered = call.request('INFO', { body: 'x=1', contentType: 'text/plain' });
      (await app.next('info')).res.send(200);
      stage.note(`INFO: ${(await answered).status}`);
      await app.stack.createUAS(req, res, { localSdp: APP_SDP });
      await call.answered();
      await call.bye();
    },
  },
  {
    name: 'INFO while the INVITE is pending, and no app takes INFO',
    run: async (stage) => {
      const { call, res } = await callApp(stage);
      res.send(183, { body: APP_SDP });
      await call.response(183);
      stage.note(`INFO: ${(await call.request('INFO')).status}`);
      res.send(486);
      await call.final();
    },
  },
  {
    name: 'the caller says BYE while it rings',
    withoutParity: 'RFC 3261 §15.1.2: 200 to the BYE, 487 to the INVITE, and the app hears of it',
    run: async (stage) => {
      const { app, call, res } = await callApp(stage);
      res.send(180);
      await call.response(180);
      stage.note(`BYE: ${(await call.bye()).status}`);
      stage.note(`INVITE: ${(await call.final()).status}`);
      res.send(486);
      await app.settled();
    },
  },
  {
    name: 'the callee sends a reliable 183, which srf acknowledges by PRACK',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      stage.onCall(callee, (call) => {
        call.ring(183, { sdp: CALLEE_SDP, headers: { Require: '100rel', RSeq: '71' } });
      });
      const { outcome } = await placeCall(stage, app, callee);
      const prack = await callee.waitFor(({ method }) => method === 'PRACK', 'PRACK');
      const [number] = prack.header('CSeq').split(' ');
      const base = callee.received('INVITE')[0]!.cseq.number;
      stage.note(`RAck ${prack.header('RAck').replace(`${base}`, 'CSeq')}, CSeq +${Number(number) - base}`);
      await (await stage.callAt(callee)).answer(CALLEE_SDP);
      await (await outcome)?.destroy();
    },
  },
  {
    name: 'the app sends a reliable 183, and the caller acknowledges it',
    run: async (stage) => {
      const { app, call, req, res } = await callApp(stage, { ...CALL, headers: { Supported: '100rel' } });
      if (!(await stage.sent('183', res, [183, { body: APP_SDP, headers: { Require: '100rel' } }]))) return;
      const early = await call.response(183);
      const prack = await call.request('PRACK', {
        headers: { RAck: `${early.header('RSeq')} ${call.invite.header('CSeq')}` },
      });
      stage.note(`PRACK: ${prack.status}`);
      await app.stack.createUAS(req, res, { localSdp: APP_SDP });
      await call.answered();
      await call.bye();
    },
  },
  {
    name: 'the app sends a reliable 183 to a caller who cannot acknowledge it',
    run: async (stage) => {
      const { call, res } = await callApp(stage);
      await stage.sent('183', res, [183, { body: APP_SDP, headers: { Require: '100rel' } }]);
      res.send(486);
      await call.final();
    },
  },
  {
    name: 'the app answers before its reliable 183 is acknowledged',
    withParity: RELIABLE,
    run: async (stage) => {
      const { app, caller, call, req, res } = await callApp(stage, {
        ...CALL,
        headers: { Supported: '100rel' },
      });
      if (!(await stage.sent('183', res, [183, { body: APP_SDP, headers: { Require: '100rel' } }]))) return;
      const early = await call.response(183);
      void app.stack.createUAS(req, res, { localSdp: APP_SDP });
      await stage.pass(1_000, 'the 200 comes at once, or waits for the PRACK');
      stage.note(`200s before the PRACK: ${caller.received(200).length}`);
      await call.request('PRACK', {
        headers: { RAck: `${early.header('RSeq')} ${call.invite.header('CSeq')}` },
      });
      await call.answered();
      await call.bye();
    },
  },
  {
    name: 'REFER while it rings',
    withParity:
      'drachtio-server answers 500 when the call ends, sip-engine 481 when the REFER is repeated then',
    withoutParity: 'an answer in place of silence',
    run: async (stage) => {
      const { call, res } = await callApp(stage);
      res.send(180);
      await call.response(180);
      const refer = call.request('REFER', { headers: { 'Refer-To': '<sip:+15550102@192.0.2.1>' } });
      const silence = refer.then(
        ({ status }) => `${status}`,
        () => 'silence',
      );
      stage.note(
        `REFER: ${await Promise.race([silence, stage.pass(1_500, 'the answer comes at once or never').then(() => 'silence')])}`,
      );
      res.send(486);
      await call.final();
    },
  },
];
