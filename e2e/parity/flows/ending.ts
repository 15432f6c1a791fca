// SPDX-License-Identifier: Apache-2.0
import type { Flow } from '../flow.ts';
import { APP_SDP, CALL, CALLEE_SDP, bare, callApp, placeCall } from './parties.ts';

/** How calls end when something is lost, or somebody goes away. */
export const ending: Flow[] = [
  {
    name: 'the ACK is lost once: the 200 is repeated until it comes',
    run: async (stage) => {
      const app = await stage.app();
      const caller = await stage.peer('caller');
      const lost = { acks: 0 };
      caller.tamper = ({ method }, direction) =>
        direction === 'out' && method === 'ACK' && (lost.acks += 1) < 2 ? 'drop' : 'pass';
      const call = caller.invite(CALL);
      const { req, res } = await app.next('invite');
      await app.stack.createUAS(req, res, { localSdp: APP_SDP });
      await app.hears('ACK');
      stage.note(`200s: ${caller.received(200).length}`);
      await call.bye();
    },
  },
  {
    name: 'the BYE of the app is answered 481',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      stage.onCall(callee, async (call) => {
        call.onRequest = () => ({ status: 481 });
        await call.answer(CALLEE_SDP);
      });
      const { outcome } = await placeCall(stage, app, callee);
      await (await outcome)?.destroy();
    },
  },
  {
    name: 'both say BYE at once',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      stage.onCall(callee, async (call) => {
        call.onRequest = () => undefined;
        await call.answer(CALLEE_SDP);
      });
      const { outcome } = await placeCall(stage, app, callee);
      const dialog = await outcome;
      const call = await stage.callAt(callee);
      void dialog!.destroy();
      const theirs = await callee.waitFor(({ method }) => method === 'BYE', 'BYE of the app');
      const ours = call.request('BYE');
      stage.note(`the callee's: ${(await ours).status}`);
      await callee.sendRaw(bare(theirs, 'SIP/2.0 200 OK'), stage.engine.sip);
      await stage.until('the answer at the app', () =>
        stage.sightings().app!.some((line) => line.startsWith('200 BYE')),
      );
    },
  },
  {
    name: 'the app says BYE while its re-INVITE is pending',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      stage.onCall(callee, async (call) => {
        call.onReinvite = () => undefined;
        await call.answer(CALLEE_SDP);
      });
      const { outcome } = await placeCall(stage, app, callee);
      const dialog = await outcome;
      void dialog!
        .request({ method: 'INVITE', body: APP_SDP, headers: { Contact: '<sip:app@192.0.2.1>' } })
        .catch(() => undefined);
      const invite = await callee.waitFor(
        ({ method, cseq }) => method === 'INVITE' && cseq.number > callee.received('INVITE')[0]!.cseq.number,
        're-INVITE',
      );
      await callee.sendRaw(bare(invite, 'SIP/2.0 100 Trying'), stage.engine.sip);
      await stage.pass(200, 'the 100 has no trace that could be waited for');
      await dialog!.destroy();
    },
  },
  {
    name: 'the app goes away within a call, and the caller hangs up',
    run: async (stage) => {
      const { app, call, req, res } = await callApp(stage);
      await app.stack.createUAS(req, res, { localSdp: APP_SDP });
      await call.answered();
      await app.hears('ACK');
      stage.disconnect(app);
      await stage.pass(200, 'the engine has no way to say that it has seen the connection close');
      stage.note(`INFO: ${(await call.request('INFO')).status}`);
      stage.note(`BYE: ${(await call.bye()).status}`);
    },
  },
  {
    name: 'the app goes away while it rings, and the caller cancels',
    run: async (stage) => {
      const { app, call, res } = await callApp(stage);
      res.send(180);
      await call.response(180);
      await app.settled();
      stage.disconnect(app);
      await stage.pass(200, 'the engine has no way to say that it has seen the connection close');
      await call.cancel();
      await call.final();
    },
  },
  {
    name: 'the app goes away before the callee answers',
    withParity:
      'drachtio-server leaves the callee with a 200 that nobody acknowledges; sip-engine acknowledges it and hangs up',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      const answered = Promise.withResolvers<boolean>();
      stage.onCall(callee, async (call) => {
        call.ring(180);
        await answered.promise;
        call.respond(200, { sdp: CALLEE_SDP });
      });
      const { outcome } = await placeCall(stage, app, callee);
      outcome.catch(() => undefined);
      await app.hears('SIP/2.0 180');
      stage.disconnect(app);
      await stage.pass(200, 'the engine has no way to say that it has seen the connection close');
      answered.resolve(true);
      await stage.pass(1_500, 'ACK and BYE come at once or never');
      (await stage.callAt(callee)).stop();
    },
  },
];
