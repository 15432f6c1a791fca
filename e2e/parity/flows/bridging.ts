// SPDX-License-Identifier: Apache-2.0
import { sdp, type IncomingCall, type SipPeer, type SipPeerOptions } from '../../src/sip/index.ts';
import { App, type Incoming } from '../app.ts';
import type { Flow } from '../flow.ts';
import type { Stage } from '../stage.ts';
import { CALL, CALLEE_SDP } from './parties.ts';

/** As a trunk does it: the app takes a call and places another, and everything passes from one to the other. */
const bridge = (stage: Stage, app: App, { req, res }: Incoming, callee: SipPeer) =>
  stage.noteOutcome(
    'bridge',
    app.stack.createB2BUA(req, res, stage.uriOf(callee), {
      localSdpB: req.body,
      headers: { From: '<sip:+15550101@localhost>', Contact: '<sip:+15550101@localhost>' },
      proxyRequestHeaders: ['Subject', 'X-Site'],
      proxyResponseHeaders: ['X-Answer', 'Reason'],
    }),
  );

/** A caller, the app that has its INVITE and places the other call, and the callee, who serves it. */
const bridgeCall = async (
  stage: Stage,
  serve: (call: IncomingCall) => void | Promise<void>,
  peers: Partial<SipPeerOptions> = {},
) => {
  const app = await stage.app();
  const caller = await stage.peer('caller', peers);
  const callee = await stage.peer('callee', peers);
  stage.onCall(callee, serve);
  const call = caller.invite(CALL);
  return { app, caller, callee, call, connecting: bridge(stage, app, await app.next('invite'), callee) };
};

const HELD = sdp({ address: '127.0.0.1', port: 4000, direction: 'sendonly', version: 2 });
const HELD_ANSWER = sdp({ address: '127.0.0.1', port: 4010, direction: 'recvonly', version: 2 });

export const bridging: Flow[] = [
  {
    name: 'a bridged call with early media; the caller hangs up',
    run: async (stage) => {
      const app = await stage.app();
      const caller = await stage.peer('caller');
      const callee = await stage.peer('callee');
      stage.onCall(callee, async (call) => {
        call.ring(180);
        await stage.until('180 at the caller', () => caller.received(180).length === 1);
        call.ring(183, { sdp: CALLEE_SDP });
        await stage.until('183 at the caller', () => caller.received(183).length === 1);
        await call.answer(CALLEE_SDP, { headers: { 'X-Answer': 'b' } });
      });
      const call = caller.invite({ ...CALL, headers: { Subject: 'one', 'X-Site': 'a', 'X-Not-This': '1' } });
      const bridged = await bridge(stage, app, await app.next('invite'), callee);
      await call.answered();
      await app.hears('ACK');
      const over = App.eventOf(bridged!.uas, 'destroy').then(() => bridged!.uac.destroy());
      await call.bye();
      await over;
    },
  },
  {
    name: 'a bridged call; the callee hangs up',
    run: async (stage) => {
      const { app, callee, call, connecting } = await bridgeCall(stage, async (call) => {
        await call.answer(CALLEE_SDP);
      });
      const bridged = await connecting;
      await call.answered();
      await app.hears('ACK');
      const over = App.eventOf(bridged!.uac, 'destroy').then(() => bridged!.uas.destroy());
      await (await stage.callAt(callee)).bye({ headers: { Reason: 'Q.850;cause=16' } });
      await over;
      await call.ended();
    },
  },
  {
    name: 'the callee of a bridged call refuses',
    run: async (stage) => {
      const { app, call, connecting } = await bridgeCall(stage, async (call) => {
        call.ring(180);
        await call.reject(486, { headers: { Reason: 'Q.850;cause=17' } });
      });
      await connecting;
      await call.final();
      await app.settled();
    },
  },
  {
    name: 'the caller of a bridged call cancels',
    run: async (stage) => {
      const { app, call, connecting } = await bridgeCall(stage, (call) => {
        call.ring(180);
      });
      await call.response(180);
      await call.cancel();
      await call.final();
      await connecting;
      await app.settled();
    },
  },
  {
    name: 'a bridged call over TCP, held and resumed by the caller',
    run: async (stage) => {
      const { app, callee, call, connecting } = await bridgeCall(
        stage,
        async (call) => {
          call.onReinvite = () => ({ status: 200, sdp: HELD_ANSWER });
          await call.answer(CALLEE_SDP);
        },
        { transport: 'tcp' },
      );
      const bridged = await connecting;
      await call.answered();
      await app.hears('ACK');
      const { uas, uac } = bridged!;
      uas.on('modify', (req: Incoming['req'], res: Incoming['res']) => {
        void uac.modify(req.body).then((answer) => {
          res.send(200, { body: answer as string });
        });
      });
      await call.reinvite(HELD);
      await call.reinvite(CALL.sdp);
      await stage.until('both ACKs at the callee', () => callee.received('ACK').length === 3);
      await stage.until('both ACKs at the app', () => stage.heard('app', 'ACK') === 3);
      const over = App.eventOf(uas, 'destroy').then(() => uac.destroy());
      await call.bye();
      await over;
    },
  },
  {
    name: 'a re-INVITE of the callee is bridged',
    run: async (stage) => {
      const { app, caller, callee, call, connecting } = await bridgeCall(stage, async (call) => {
        await call.answer(CALLEE_SDP);
      });
      const bridged = await connecting;
      await call.answered();
      await app.hears('ACK');
      const { uas, uac } = bridged!;
      uac.on('modify', (req: Incoming['req'], res: Incoming['res']) => {
        void uas.modify(req.body).then((answer) => {
          res.send(200, { body: answer as string });
        });
      });
      await (await stage.callAt(callee)).reinvite(HELD_ANSWER);
      await stage.until('the ACK of the callee at the app', () => stage.heard('app', 'ACK') === 2);
      await stage.until('the ACK of the re-INVITE at the caller', () => caller.received('ACK').length === 1);
      const over = App.eventOf(uas, 'destroy').then(() => uac.destroy());
      await call.bye();
      await over;
    },
  },
  {
    name: 'the app asks the caller for digest (407), and takes the call at the second INVITE',
    run: async (stage) => {
      const app = await stage.app();
      const caller = await stage.peer('caller');
      const callee = await stage.peer('callee');
      stage.onCall(callee, async (call) => {
        await call.answer(CALLEE_SDP);
      });
      const challenge = 'Digest realm="trunk", nonce="n1", qop="auth", algorithm=MD5';
      const call = caller.invite({ ...CALL, auth: { username: 'pbx', password: 'secret' } });
      const first = await app.next('invite');
      first.res.send(407, { headers: { 'Proxy-Authenticate': challenge } });
      const second = await app.next('invite');
      stage.note(`credentials in the second INVITE: ${second.req.get('Proxy-Authorization') !== ''}`);
      const bridged = await bridge(stage, app, second, callee);
      await call.answered();
      await stage.until('the ACK at the app', () => stage.heard('app', 'ACK') === 1);
      const over = App.eventOf(bridged!.uas, 'destroy').then(() => bridged!.uac.destroy());
      await call.bye();
      await over;
    },
  },
  {
    name: 'the INVITE with credentials comes before the ACK of the 407',
    withParity: 'drachtio-server refuses it with 491; sip-engine takes it for what it is, a new INVITE',
    run: async (stage) => {
      const app = await stage.app();
      const caller = await stage.peer('caller');
      const challenge = 'Digest realm="trunk", nonce="n1", qop="auth", algorithm=MD5';
      caller.tamper = ({ method }, direction) =>
        direction === 'out' && method === 'ACK' ? { delayMs: 300 } : 'pass';
      const call = caller.invite({ ...CALL, auth: { username: 'pbx', password: 'secret' } });
      const first = await app.next('invite');
      void app.next('invite').then(
        ({ res }) => {
          res.send(486);
        },
        () => undefined,
      );
      first.res.send(407, { headers: { 'Proxy-Authenticate': challenge } });
      await call.final();
    },
  },
  {
    name: 'the callee of a bridged call cannot be reached',
    run: async (stage) => {
      const app = await stage.app();
      const caller = await stage.peer('caller');
      const callee = await stage.peer('callee', { transport: 'tcp' });
      await callee.close();
      const call = caller.invite(CALL);
      await bridge(stage, app, await app.next('invite'), callee);
      await call.final();
      await app.settled();
    },
  },
];
