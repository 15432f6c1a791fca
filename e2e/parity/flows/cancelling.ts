// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { within } from '../../src/sip/index.ts';
import type { Flow } from '../flow.ts';
import { APP_SDP, CALL, CALLEE_SDP, bare, callApp, placeCall } from './parties.ts';

/** CANCEL from the caller, and from the app, before and after everything that it can cross. */
export const cancelling: Flow[] = [
  {
    name: 'the caller cancels before the app has said anything',
    run: async (stage) => {
      const { call, req, res } = await callApp(stage);
      const cancelled = within(once(req, 'cancel'), 'cancel at the app');
      await call.cancel();
      await call.response(487);
      await cancelled;
      res.send(487);
    },
  },
  {
    name: 'the caller cancels while it rings',
    run: async (stage) => {
      const { call, req, res } = await callApp(stage);
      const cancelled = within(once(req, 'cancel'), 'cancel at the app');
      res.send(180);
      await call.response(180);
      await call.cancel();
      await call.response(487);
      await cancelled;
      res.send(487);
    },
  },
  {
    name: 'the CANCEL comes after the 200',
    withoutParity: 'RFC 3261 §9.2: 200 to the CANCEL, which has no effect',
    run: async (stage) => {
      const { app, call, req, res } = await callApp(stage, { ...CALL, autoAck: false });
      await app.stack.createUAS(req, res, { localSdp: APP_SDP });
      await call.answered();
      await call.cancel();
      call.ack();
      await app.hears('ACK');
      await call.bye();
    },
  },
  {
    name: 'the CANCEL comes after a refusal',
    run: async (stage) => {
      const { call, res } = await callApp(stage);
      res.send(486);
      await call.final();
      await call.cancel();
    },
  },
  {
    name: 'a CANCEL for nothing',
    run: async (stage) => {
      await stage.app();
      const caller = await stage.peer('caller');
      await caller.request({ method: 'CANCEL', uri: `sip:+15550100@${stage.sipHostPort}` });
    },
  },
  {
    name: 'the app cancels while it rings',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      stage.onCall(callee, (call) => {
        call.ring(180);
      });
      const { invite, outcome } = await placeCall(stage, app, callee);
      await app.hears('SIP/2.0 180');
      invite.cancel({ headers: { Reason: 'SIP;cause=200;text="Call completed elsewhere"' } });
      await outcome;
      await app.settled();
    },
  },
  {
    name: 'the app cancels before anything came: the CANCEL waits for a provisional response',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      const { invite, outcome } = await placeCall(stage, app, callee);
      const request = await callee.waitFor(({ method }) => method === 'INVITE', 'INVITE at the callee');
      const early = { cancels: 0 };
      invite.cancel({});
      await app.settled();
      early.cancels = callee.received('CANCEL').length;
      await callee.sendRaw(bare(request, 'SIP/2.0 100 Trying'), stage.engine.sip);
      await callee.waitFor(({ method }) => method === 'CANCEL', 'CANCEL at the callee');
      stage.note(`CANCELs before the 100: ${early.cancels}`);
      await outcome;
      await app.settled();
    },
  },
  {
    name: 'the CANCEL of the app crosses the 200: ACK, then BYE',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      stage.onCall(callee, (call) => {
        call.onCancel = () => {
          void call.answer(CALLEE_SDP);
        };
        call.ring(180);
      });
      const { invite, outcome } = await placeCall(stage, app, callee);
      await app.hears('SIP/2.0 180');
      invite.cancel({});
      await outcome;
      await callee.waitFor(({ method }) => method === 'BYE', 'BYE at the callee');
      await app.hears('BYE');
    },
  },
  {
    name: 'the app cancels what it has not sent',
    run: async (stage) => {
      const raw = await stage.rawApp();
      await raw.ask(`authenticate|${stage.engine.admin.secret}|`);
      await raw.ask('sip|nothing-of-mine|\r\nCANCEL sip:callee@192.0.2.1 SIP/2.0\r\n\r\n');
    },
  },
  {
    name: 'the app cancels after the final response',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      stage.onCall(callee, async (call) => {
        await call.reject(486);
      });
      const { invite, outcome } = await placeCall(stage, app, callee);
      await outcome;
      await new Promise<void>((resolve) => {
        invite.cancel({}, (error) => {
          stage.note(`cancel: ${String(error)}`);
          resolve();
        });
      });
    },
  },
];
