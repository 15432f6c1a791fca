// SPDX-License-Identifier: Apache-2.0
import type { Flow } from '../flow.ts';
import { APP_SDP, CALLEE_SDP, FROM, placeCall } from './parties.ts';

/** Where the requests of the app go. */
export const routing: Flow[] = [
  {
    name: 'hunting: 503, then a port where nobody listens, then an answer',
    run: async (stage) => {
      const app = await stage.app();
      const busy = await stage.peer('busy');
      const callee = await stage.peer('callee');
      const gone = await stage.peer('gone', { transport: 'tcp' });
      stage.onCall(busy, async (call) => {
        await call.reject(503);
      });
      stage.onCall(callee, async (call) => {
        await call.answer(CALLEE_SDP);
      });
      await gone.close();
      await (
        await placeCall(stage, app, busy)
      ).outcome;
      await (
        await placeCall(stage, app, gone)
      ).outcome;
      const { outcome } = await placeCall(stage, app, callee);
      await (await outcome)?.destroy();
    },
  },
  {
    name: 'the app calls the engine itself',
    run: async (stage) => {
      const app = await stage.app();
      await stage.noteOutcome(
        'call',
        app.stack.createUAC(`sip:+15550100@${stage.sipHostPort};transport=udp`, {
          headers: { ...FROM },
          localSdp: APP_SDP,
        }),
      );
    },
  },
  {
    name: 'a transport that the engine does not have',
    run: async (stage) => {
      const app = await stage.app();
      await stage.noteOutcome(
        'call',
        app.stack.createUAC('sip:+15550100@192.0.2.1;transport=ws', {
          headers: { ...FROM },
          localSdp: APP_SDP,
        }),
      );
    },
  },
  {
    name: 'a call over TCP, from the app',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee', { transport: 'tcp' });
      stage.onCall(callee, async (call) => {
        await call.answer(CALLEE_SDP);
      });
      const { outcome } = await placeCall(stage, app, callee);
      await (await outcome)?.destroy();
    },
  },
  {
    name: 'the callee records a route',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      const routes = ['<sip:far.invalid;lr>', `<sip:${callee.hostPort};lr>`];
      stage.onCall(callee, async (call) => {
        call.ring(180, { headers: { 'Record-Route': routes } });
        await call.answer(CALLEE_SDP, { headers: { 'Record-Route': routes } });
      });
      const { outcome } = await placeCall(stage, app, callee);
      await (await outcome)?.destroy();
    },
  },
];
