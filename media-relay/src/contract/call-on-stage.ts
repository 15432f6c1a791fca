// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from 'node:timers/promises';
import type { MediaSession } from '../index.ts';
import type { RtpPeer, SdpChoices } from '../rtp/index.ts';
import type { Stage } from './contract.ts';

export interface Legs {
  session: MediaSession;
  caller: RtpPeer;
  callee: RtpPeer;
  /** What each was told to send to. */
  toCaller: string;
  toCallee: string;
}

/** A call that is answered; nobody speaks yet. */
export async function call(
  stage: Stage,
  options: Parameters<Stage['session']>[0] = {},
  callerSdp: SdpChoices = {},
): Promise<Legs> {
  const [caller, callee] = [await stage.peer({ frequencyHz: 440 }), await stage.peer({ frequencyHz: 880 })];
  const session = stage.session(options);
  const toCallee = await session.offer('caller', caller.sdp(callerSdp));
  const toCaller = await session.answer('callee', callee.sdp());
  return { session, caller, callee, toCaller, toCallee };
}

/** Both send to where they were told. */
export function talk({ caller, callee, toCaller, toCallee }: Legs): void {
  caller.start(toCaller);
  callee.start(toCallee);
}

/** Whether nothing is heard within the time that several packets would take. */
export async function hearsNothing(peer: RtpPeer): Promise<boolean> {
  // One packet may still be on its way.
  await delay(60);
  const before = peer.received;
  await delay(300);
  return peer.received === before;
}
