// SPDX-License-Identifier: Apache-2.0
import { tagOf } from '../../src/sip/index.ts';
import { App } from '../app.ts';
import type { Flow } from '../flow.ts';
import type { AppDialog } from '../stack.ts';
import { APP_SDP, CALLEE_SDP, FROM, placeCall } from './parties.ts';

/** Calls that the app places. */
export const calling: Flow[] = [
  {
    name: 'a call is placed and answered, and the app hangs up',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      stage.onCall(callee, async (call) => {
        call.ring(180);
        await call.answer(CALLEE_SDP);
      });
      const { outcome } = await placeCall(stage, app, callee);
      await (await outcome)?.destroy();
    },
  },
  {
    name: 'a call is placed and answered, and the callee hangs up',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      stage.onCall(callee, async (call) => {
        call.ring(183, { sdp: CALLEE_SDP });
        await call.answer(CALLEE_SDP);
      });
      const { outcome } = await placeCall(stage, app, callee);
      const dialog = await outcome;
      const over = App.eventOf(dialog!, 'destroy');
      await (await stage.callAt(callee)).bye();
      await over;
    },
  },
  {
    name: 'headers that the app sets, and those that it may not',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      stage.onCall(callee, async (call) => {
        await call.reject(486);
      });
      const { outcome } = await placeCall(stage, app, callee, {
        headers: {
          ...FROM,
          'Max-Forwards': '41',
          'User-Agent': 'Trunkline',
          Subject: 'test',
          Diversion: '<sip:+15550109@example.com>;reason=unconditional',
          'P-Asserted-Identity': '<sip:+15550101@localhost>',
          'X-Site': 'a',
          'foo-bar': '1',
          Route: '<sip:192.0.2.9;lr>',
          'Record-Route': '<sip:192.0.2.9;lr>',
          Via: 'SIP/2.0/UDP 192.0.2.9',
          Supported: 'timer, 100rel',
        },
      });
      await outcome;
    },
  },
  {
    name: 'neither From nor Contact is given',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      stage.onCall(callee, async (call) => {
        await call.reject(404);
      });
      const { outcome } = await placeCall(stage, app, callee, { headers: {} });
      await outcome;
    },
  },
  {
    name: 'localhost without a user goes out as it is',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      stage.onCall(callee, async (call) => {
        await call.reject(404);
      });
      const { outcome } = await placeCall(stage, app, callee, {
        headers: { From: '<sip:localhost>', Contact: '<sip:localhost>' },
      });
      await outcome;
    },
  },
  {
    name: 'a refused call is acknowledged by the engine',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      stage.onCall(callee, async (call) => {
        call.ring(180);
        await call.reject(603, { headers: { Reason: 'Q.850;cause=21' } });
      });
      const { outcome } = await placeCall(stage, app, callee);
      await outcome;
      await app.settled();
    },
  },
  {
    name: 'a redirect reaches the app',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      stage.onCall(callee, async (call) => {
        await call.reject(302, { headers: { Contact: '<sip:+15550199@192.0.2.7>' } });
      });
      const { outcome } = await placeCall(stage, app, callee);
      await outcome;
      await app.settled();
    },
  },
  {
    name: 'the callee asks for digest (407), which srf answers, and for the BYE too (401)',
    withParity:
      'RFC 3261 §13.2.2.4: the ACK carries the credentials of the INVITE; with drachtio-server it does not',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      const challenge = 'Digest realm="callee", nonce="n1", qop="auth", algorithm=MD5';
      stage.onCall(callee, async (call) => {
        if (call.invite.header('Proxy-Authorization') === '') {
          await call.reject(407, { headers: { 'Proxy-Authenticate': challenge } });
          return;
        }
        call.onRequest = (request) =>
          request.header('Authorization') === ''
            ? { status: 401, headers: { 'WWW-Authenticate': challenge } }
            : { status: 200 };
        await call.answer(CALLEE_SDP);
      });
      const { outcome } = await placeCall(stage, app, callee, {
        auth: { username: 'app', password: 'secret' },
      });
      await (await outcome)?.destroy();
      const [first, second] = callee.received('INVITE');
      stage.note(
        `same Call-ID ${first!.callId === second!.callId}, same From tag ${tagOf(first!.header('From')) === tagOf(second!.header('From'))}`,
      );
    },
  },
  {
    name: 'a second challenge is for the app',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      stage.onCall(callee, async (call) => {
        await call.reject(407, {
          headers: { 'Proxy-Authenticate': 'Digest realm="callee", nonce="n1", qop="auth"' },
        });
      });
      const { outcome } = await placeCall(stage, app, callee, {
        auth: { username: 'app', password: 'wrong' },
      });
      await outcome;
      await app.settled();
    },
  },
  {
    name: 'a late offer: the answer goes with the ACK',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      stage.onCall(callee, async (call) => {
        await call.answer(CALLEE_SDP);
      });
      const answered = app.stack.createUAC(stage.uriOf(callee), { headers: { ...FROM }, noAck: true });
      const { sdp: offer, ack } = (await answered) as unknown as {
        sdp: string;
        ack: (sdp: string) => Promise<AppDialog>;
      };
      stage.note(`offer ${offer.split('\r\n', 1)[0] ?? ''}`);
      const dialog = await ack(APP_SDP);
      await callee.waitFor(({ method }) => method === 'ACK', 'ACK at the callee');
      await dialog.destroy();
    },
  },
  {
    name: 'the ACK is lost on its way: each repeated 200 is acknowledged again',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      const lost = { acks: 0 };
      callee.tamper = ({ method }, direction) =>
        direction === 'in' && method === 'ACK' && (lost.acks += 1) < 3 ? 'drop' : 'pass';
      stage.onCall(callee, async (call) => {
        await call.answer(CALLEE_SDP);
      });
      const { outcome } = await placeCall(stage, app, callee);
      const dialog = await outcome;
      await stage.until('three ACKs', () => lost.acks >= 3);
      stage.note(`ACKs: ${callee.received('ACK').length}`);
      await dialog?.destroy();
    },
  },
  {
    name: 'two callees answer one INVITE (a fork)',
    withoutParity: 'RFC 3261 §13.2.2.4: the second answer is acknowledged and ended with BYE',
    run: async (stage) => {
      const app = await stage.app();
      const callee = await stage.peer('callee');
      stage.onCall(callee, async (call) => {
        await call.answer(CALLEE_SDP);
      });
      const { outcome } = await placeCall(stage, app, callee);
      const dialog = await outcome;
      const [first] = callee.seen.filter(
        ({ direction, message }) => direction === 'out' && message.status === 200,
      );
      const fork = first!.message.toString().replace(/(To: .*;tag=)\S+/i, '$1fork');
      await callee.sendRaw(fork, stage.engine.sip);
      await stage.pass(1_000, 'the fork is acknowledged or ended at once, or never');
      const tags = callee
        .received('ACK')
        .map((ack) => (tagOf(ack.header('To')) === 'fork' ? 'fork' : 'first'));
      stage.note(`ACKs for: ${tags.join(', ')}; BYEs: ${callee.received('BYE').length}`);
      await dialog?.destroy();
    },
  },
];
