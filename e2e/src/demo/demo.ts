// SPDX-License-Identifier: Apache-2.0
import { renderLadder } from '@trunkline/cli';
import { launchTrunkline, type Trunkline } from '../trunkline-up.ts';
import { audioLine, isTone } from './audio.ts';
import { MANIFESTS, pbxPassword, shown, type DemoOptions } from './options.ts';
import { openTelephones, type PlacedCall, type Telephones } from './telephones.ts';

/** As examples/acme has them. */
const DOMAIN = 'acme.pstn.example.com';
const NUMBER = '+15550100';
const USER = 'pbx';
const PBX = { name: 'PBX', address: '127.0.0.3', port: 5070, toneHz: 440 };
const CARRIER = { name: 'carrier', address: '127.0.0.2', port: 5080, toneHz: 880 };
/** Somewhere in the telephone network. */
const OUTSIDE = '+15550123';

export interface Demo {
  /** Places both calls; false where audio is missing. */
  run(): Promise<boolean>;
  /** How to join in with a softphone; calls are told from now on. */
  invite(): void;
  /** Resolves when `trunkline up` has ended by itself. */
  readonly over: Promise<number>;
  stop(): Promise<void>;
}

/** Starts everything. Throws an Error for people where something cannot start; nothing is left running then. */
export const startDemo = async (options: DemoOptions, say: (text: string) => void): Promise<Demo> => {
  const password = pbxPassword();
  const open: Telephones[] = [];
  const closeAll = async () => {
    for (const telephones of open.splice(0)) await telephones.close();
    await options.clear();
  };
  try {
    for (const place of [PBX, CARRIER]) open.push(await openTelephones(place).catch(inUse(place)));
    say(`trunkline up -f ${shown(MANIFESTS)}`);
    const up = await launchTrunkline({
      args: [
        'up',
        '-f',
        MANIFESTS,
        '--sip',
        options.sip,
        '--data',
        options.data,
        '--json',
        ...options.upFlags,
      ],
      manifestDir: MANIFESTS,
      dataDir: options.data,
    });
    const [pbx, carrier] = open as [Telephones, Telephones];
    return demoOf({ up, pbx, carrier, password, say, closeAll });
  } catch (error) {
    await closeAll();
    throw error;
  }
};

const inUse =
  (place: { address: string; port: number }) =>
  (error: unknown): never => {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE') throw error;
    throw new Error(`${place.address}:${place.port} is in use: is another demo running?`);
  };

interface Parts {
  up: Trunkline & { readonly exited: Promise<number> };
  pbx: Telephones;
  carrier: Telephones;
  password: string;
  say: (text: string) => void;
  closeAll: () => Promise<void>;
}

const demoOf = ({ up, pbx, carrier, password, say, closeAll }: Parts): Demo => {
  const proxy = up.sip;
  const sip = `${proxy.address}:${proxy.port}`;
  say(
    `SIP at ${sip}, simulated PBX at ${PBX.address}:${PBX.port}, simulated carrier at ${CARRIER.address}:${CARRIER.port}`,
  );

  const conclude = async (call: PlacedCall, lines: string[]) => {
    const record = await up.record(call.callId);
    say(`answered after ${call.answeredMs} ms, ${record.status}`);
    for (const line of lines) say(`audio ${line}`);
    say(`\n${renderLadder(record, { width: terminalWidth() })}`);
  };

  return {
    over: up.exited,
    run: async () => {
      say(`\nOut: the PBX calls ${OUTSIDE} through ${DOMAIN}`);
      const served = carrier.nextServed();
      const auth = { username: USER, password };
      const out = await pbx.call({ proxy, to: `sip:${OUTSIDE}@${DOMAIN}`, from: NUMBER, auth });
      const outHeard = await served;
      await conclude(out, [
        audioLine('PBX to carrier', outHeard, pbx.toneHz),
        audioLine('carrier to PBX', out, carrier.toneHz),
      ]);

      say(`In: the carrier calls ${NUMBER}`);
      const servedBack = pbx.nextServed();
      const back = await carrier.call({ proxy, to: NUMBER, from: OUTSIDE });
      const backHeard = await servedBack;
      await conclude(back, [
        audioLine('carrier to PBX', backHeard, carrier.toneHz),
        audioLine('PBX to carrier', back, pbx.toneHz),
      ]);
      const tones = [
        isTone(outHeard, pbx.toneHz),
        isTone(out, carrier.toneHz),
        isTone(backHeard, carrier.toneHz),
        isTone(back, pbx.toneHz),
      ];
      const heard = tones.filter(Boolean).length;
      say(`Both calls answered; audio measured in ${heard} of 4 directions.`);
      return heard === tones.length;
    },
    invite: () => {
      for (const telephones of [pbx, carrier]) telephones.onNews = say;
      say(softphone(sip));
    },
    stop: async () => {
      await up.stop();
      await closeAll();
    },
  };
};

/** Of a pipe nothing is known. */
const terminalWidth = (): number => (process.stdout as { columns?: number }).columns ?? 100;

const softphone = (sip: string): string => `
Now your own softphone, on this machine. It does not register:

  domain                ${DOMAIN}
  outbound proxy        sip:${sip};transport=udp
  user and caller id    ${NUMBER}
  authentication user   ${USER}
  password              in ${shown(MANIFESTS)}/access.yaml, the Secret pbx
  dial                  ${OUTSIDE}, or any other number: the simulated carrier answers with a tone

Change a file in ${shown(MANIFESTS)} and call again. What became of the calls: cli/bin/trunkline calls
Ctrl-C ends it.
`;
