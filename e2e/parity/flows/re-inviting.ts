// SPDX-License-Identifier: Apache-2.0
import { App } from '../app.ts';
import type { Flow } from '../flow.ts';
import type { Stage } from '../stage.ts';
import { APP_SDP, bare, CALLER_SDP, converse } from './parties.ts';

const CONTACT = { Contact: '<sip:app@192.0.2.1>' };

/** A second INVITE within a call: media change, hold, a new address. */
export const reInviting: Flow[] = [
  {
    name: 'a re-INVITE of the caller, answered by srf',
    run: async (stage) => {
      const { call } = await converse(stage);
      await call.reinvite(CALLER_SDP);
      await stage.until('its ACK at the app', () => stage.heard('app', 'ACK') === 2);
      await call.bye();
    },
  },
  {
    name: 'a re-INVITE of the caller is refused, and the call goes on',
    run: async (stage) => {
      const { call, dialog } = await converse(stage);
      const asked = App.eventOf(dialog, 'modify');
      const answer = call.reinvite(CALLER_SDP);
      (await asked).res.send(488);
      await answer;
      await call.bye();
    },
  },
  {
    name: 'a re-INVITE without Contact',
    run: async (stage) => {
      const { call } = await converse(stage);
      await call.reinvite(CALLER_SDP, { Contact: null });
      await call.bye();
    },
  },
  {
    name: 'a re-INVITE of the app',
    run: async (stage) => {
      const { call, dialog, caller } = await converse(stage);
      await stage.noteOutcome('re-INVITE', dialog.modify(APP_SDP));
      await stage.until('its ACK at the caller', () => caller.received('ACK').length === 1);
      await call.bye();
    },
  },
  {
    name: 'a re-INVITE of the app is refused, and the call goes on',
    run: async (stage) => {
      const { call, dialog, caller } = await converse(stage);
      call.onReinvite = () => ({ status: 491 });
      await stage.noteOutcome(
        're-INVITE',
        dialog.request({ method: 'INVITE', body: APP_SDP, headers: CONTACT }).then(({ status }) => {
          stage.note(`answered ${status}`);
        }),
      );
      await stage.until('its ACK at the caller', () => caller.received('ACK').length === 1);
      await call.bye();
    },
  },
  {
    name: 'a re-INVITE of the app rings before it is answered',
    withoutParity:
      'the 200 reaches the app; drachtio-server loses it after an 18x, and it is never acknowledged',
    run: async (stage) => {
      const { call, dialog, caller } = await converse(stage);
      const contact = `Contact: ${caller.contact}`;
      call.onReinvite = (request) => {
        void caller.sendRaw(bare(request, 'SIP/2.0 180 Ringing', contact), stage.engine.sip);
        return undefined;
      };
      void dialog.request({ method: 'INVITE', body: APP_SDP, headers: CONTACT });
      await app180(stage);
      const invite = caller.received('INVITE').at(-1)!;
      await caller.sendRaw(bare(invite, 'SIP/2.0 200 OK', contact), stage.engine.sip);
      await stage.pass(1_000, 'the app hears of the 200 at once, or never');
      await call.bye();
    },
  },
  {
    name: 're-INVITEs cross each other (glare)',
    run: async (stage) => {
      const { call, dialog, caller } = await converse(stage);
      call.onReinvite = () => undefined;
      const modified = App.eventOf(dialog, 'modify');
      void dialog.request({ method: 'INVITE', body: APP_SDP, headers: CONTACT }).then(({ status }) => {
        stage.note(`the app's: ${status}`);
      });
      await caller.waitFor(({ method }) => method === 'INVITE', 'the re-INVITE of the app');
      const theirs = call.reinvite(CALLER_SDP);
      (await modified).res.send(491);
      stage.note(`the caller's: ${(await theirs).status}`);
      const invite = caller.received('INVITE').at(-1)!;
      await caller.sendRaw(bare(invite, 'SIP/2.0 491 Request Pending'), stage.engine.sip);
      await caller.waitFor(({ method }) => method === 'ACK', 'the ACK of the 491');
      await call.bye();
    },
  },
  {
    name: 'the caller moves to another Contact',
    withoutParity: 'RFC 3261 §12.2.2: requests follow the Contact of an accepted re-INVITE',
    run: async (stage) => {
      const { call, dialog } = await converse(stage);
      const moved = await stage.peer('moved');
      moved.onRequest = () => ({ status: 200 });
      await call.reinvite(CALLER_SDP, { Contact: moved.contact });
      await stage.until('its ACK at the app', () => stage.heard('app', 'ACK') === 2);
      await dialog.request({ method: 'INFO' });
      await call.bye();
    },
  },
];

const app180 = (stage: Stage): Promise<void> =>
  stage.until('the 180 at the app', () =>
    stage.sightings().app!.some((line) => line.startsWith('180 INVITE')),
  );
