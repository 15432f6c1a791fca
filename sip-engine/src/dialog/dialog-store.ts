// SPDX-License-Identifier: Apache-2.0
import type { Dialog } from './dialog.ts';

/**
 * All dialogs, early ones too. The network finds them by Call-ID and our tag, the app by dialog id, and the app only once they are
 * known: from the 2xx or a reliable 1xx on.
 */
export class DialogStore {
  private readonly legs = new Map<string, Dialog>();
  private readonly known = new Map<string, Dialog>();

  get size(): number {
    return this.legs.size;
  }

  /** Early: only the network finds it. */
  add(dialog: Dialog): void {
    this.legs.set(legKey(dialog.callId, dialog.localTag), dialog);
  }

  /** From now on the app may name it. */
  makeKnown(dialog: Dialog): void {
    this.known.set(dialog.id, dialog);
  }

  /** Ends the dialog; nothing that waits for it may stay behind. */
  remove(dialog: Dialog): void {
    dialog.state = 'ended';
    const key = legKey(dialog.callId, dialog.localTag);
    // A digest retry has the same names; only its own dialog may go.
    if (this.legs.get(key) === dialog) this.legs.delete(key);
    if (this.known.get(dialog.id) === dialog) this.known.delete(dialog.id);
    for (const awaited of dialog.awaitedAcks) awaited.stop();
    dialog.awaitedAcks = [];
    dialog.unacked = [];
    dialog.lastAck = undefined;
  }

  findById(dialogId: string): Dialog | undefined {
    return this.known.get(dialogId);
  }

  findLeg(callId: string, localTag: string): Dialog | undefined {
    return this.legs.get(legKey(callId, localTag));
  }

  all(): IterableIterator<Dialog> {
    return this.legs.values();
  }
}

function legKey(callId: string, localTag: string): string {
  return `${callId}\n${localTag}`;
}
