// SPDX-License-Identifier: Apache-2.0
import type { ServerTransaction } from '../transaction/contract.ts';
import type { DialogSettings } from './context.ts';

/**
 * Repeats the 2xx of an INVITE until its ACK comes: after T1, doubling up to T2, over any transport whose hops we cannot see
 * (RFC 3261 §13.3.1.4); drachtio, and so we, only over UDP. `giveUp` is called when no ACK came in 64*T1, also
 * where `t1x64` is short so that hunting goes on early: the caller may be slow to say that it has heard us. `repeat` is for a reliable
 * provisional response, whose PRACK is awaited in the same way (RFC 3262 §3).
 * @returns how to stop it
 */
export function repeatAnswer(
  transaction: ServerTransaction,
  settings: DialogSettings,
  giveUp: () => void,
  repeat = (): void => {
    transaction.repeat();
  },
): () => void {
  const { t1, t2 } = settings.timers;
  let wait = t1;
  let repetition: NodeJS.Timeout | undefined;
  const again = (): void => {
    repeat();
    wait = Math.min(wait * 2, t2);
    repetition = setTimeout(again, wait);
  };
  if (transaction.flow.protocol === 'udp') repetition = setTimeout(again, wait);
  const limit = setTimeout(() => {
    clearTimeout(repetition);
    giveUp();
  }, 64 * t1);
  return () => {
    clearTimeout(repetition);
    clearTimeout(limit);
  };
}
