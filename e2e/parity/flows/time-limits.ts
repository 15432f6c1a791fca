// SPDX-License-Identifier: Apache-2.0
import { App } from '../app.ts';
import { T1X64_MS } from '../engine-under-test.ts';
import type { TimedFlow } from '../flow.ts';
import { APP_SDP, CALL, CALLEE_SDP, CALLER_SDP, callApp, converse, placeCall } from './parties.ts';

/** 64 T1 by the RFC's T1, which the engines have for what may take long, whatever their timer B. */
const LONG_MS = 32_000;

const FIRST_REPEAT =
  'RFC 3261 §17.1.1.2: a request is repeated after T1 first; by drachtio-server after twice that';

/** Sent after 0, 0.5, 1.5, 3.5 s and then every 4 s: the last ones meet the end where the machine is slow. */
const untilTheEnd = (repeats: number): string => (repeats >= 9 && repeats <= 11 ? '9 to 11' : `${repeats}`);

/** What happens when nothing happens. These flows run beside each other, or they would take minutes. */
export const timeLimits: TimedFlow[] = [
  {
    name: 'the callee never answers the INVITE that was cancelled: 408',
    // Two timers of 32 s run there, and the 408 comes only where sofia's is the faster one.
    sometimes: {
      app: ['ok INVITE t1', '180 INVITE t1 d1', 'ok CANCEL t2'],
      callee: [
        '#0 INVITE sip:+15550100@callee;transport=udp from sip:+15550101@engine to sip:+15550100@callee {Contact=<sip:+15550101@engine> Content-Type=application/sdp} + v=0',
        '#0 CANCEL sip:+15550100@callee;transport=udp',
      ],
    },
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      stage.onCall(callee, (call) => {
        call.onCancel = () => undefined;
        call.ring(180);
      });
      const { invite, outcome } = await placeCall(stage, app, callee);
      await app.hears('SIP/2.0 180');
      invite.cancel({});
      await Promise.race([outcome, stage.pass(LONG_MS + 6_000, 'the 408 comes after 64 T1 or never')]);
      await app.settled();
    },
  },
  {
    name: 'nobody answers: 408 after 64 T1',
    withoutParity: FIRST_REPEAT,
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      const { outcome } = await placeCall(stage, app, callee);
      await outcome;
      stage.note(`INVITEs: ${stage.arrivals(callee, 'INVITE')}`);
      await app.settled();
    },
  },
  {
    name: 'the 200 comes after the 408: the callee must not be left in a call with nobody',
    withParity:
      'drachtio-server forgets the INVITE at its timer B, and the callee repeats its 200 until it gives up',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      callee.tamper = ({ status }, direction) =>
        direction === 'out' && status < 200 && status > 0 ? 'drop' : 'pass';
      const { outcome } = await placeCall(stage, app, callee);
      await outcome;
      const call = await stage.callAt(callee);
      call.respond(200, { sdp: CALLEE_SDP });
      await stage.pass(T1X64_MS / 2, 'an ACK and a BYE come within two repeats of the 200 or not at all');
      call.stop();
    },
  },
  {
    name: 'a provisional response stops the clock, and the call may ring longer than 64 T1',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      stage.onCall(callee, (call) => {
        call.ring(100);
      });
      const { outcome } = await placeCall(stage, app, callee);
      await stage.pass(T1X64_MS + 1_000, 'timer B would have fired');
      const call = await stage.callAt(callee);
      await call.answer(CALLEE_SDP);
      await (await outcome)?.destroy();
    },
  },
  {
    name: 'the 200 of a re-INVITE is not acknowledged',
    takesCalls: true,
    withoutParity: 'RFC 3261 §13.3.1.4: the 200 is repeated until the ACK comes, and then the call is ended',
    run: async (stage) => {
      const { call, caller } = await converse(stage);
      caller.tamper = ({ method }, direction) => (direction === 'out' && method === 'ACK' ? 'drop' : 'pass');
      await call.reinvite(CALLER_SDP);
      await stage.pass(5_500, 'the 200 is repeated after 0.5, 1.5 and 3.5 s, or never, and 4 s are the end');
      const { number } = call.invite.cseq;
      const answers = caller
        .received(200)
        .filter(({ cseq }) => cseq.method === 'INVITE' && cseq.number > number);
      stage.note(`200s to the re-INVITE: ${answers.length}`);
      caller.tamper = undefined;
      await call.bye();
    },
  },
  {
    name: 'the ACK never comes: the engine ends the call and tells the app',
    takesCalls: true,
    run: async (stage) => {
      const { app, caller, call, req, res } = await callApp(stage, { ...CALL, autoAck: false });
      const dialog = await app.stack.createUAS(req, res, { localSdp: APP_SDP });
      const over = App.eventOf(dialog, 'destroy', LONG_MS + 8_000);
      await call.answered();
      await over;
      await call.over;
      stage.note(`200s: ${untilTheEnd(caller.received(200).length)}`);
    },
  },
  {
    name: 'the ACK never comes over TCP',
    takesCalls: true,
    run: async (stage) => {
      const { app, caller, call, req, res } = await callApp(
        stage,
        { ...CALL, autoAck: false },
        { transport: 'tcp' },
      );
      const dialog = await app.stack.createUAS(req, res, { localSdp: APP_SDP });
      const over = App.eventOf(dialog, 'destroy', LONG_MS + 8_000);
      await call.answered();
      await over;
      await call.over;
      stage.note(`200s: ${caller.received(200).length}`);
    },
  },
  {
    name: 'the BYE of the app is not answered',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      stage.onCall(callee, async (call) => {
        call.onRequest = () => undefined;
        await call.answer(CALLEE_SDP);
      });
      const { outcome } = await placeCall(stage, app, callee);
      await (await outcome)?.destroy();
    },
  },
  {
    name: 'the app sends OPTIONS to a port where nobody listens, and to somebody who is silent',
    withoutParity: FIRST_REPEAT,
    run: async (stage) => {
      const app = await stage.app();
      const gone = await stage.peer('gone', { transport: 'tcp' });
      const silent = await stage.peer('silent');
      silent.onRequest = () => undefined;
      await gone.close();
      await app.stack.request(stage.uriOf(gone), { method: 'OPTIONS' });
      await app.hears('SIP/2.0 503');
      await app.stack.request(stage.uriOf(silent), { method: 'OPTIONS' });
      await app.hears('SIP/2.0 408');
      stage.note(`OPTIONS: ${stage.arrivals(silent, 'OPTIONS')}`);
    },
  },
];
