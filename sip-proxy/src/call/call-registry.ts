// SPDX-License-Identifier: Apache-2.0

/** What the registry may ask of a call. */
export interface RegisteredCall {
  readonly sid: string;
  /** The engine's connection broke: its dialogs are out of reach. */
  engineLost(): void;
  /** The media node has ended the call's media by itself. */
  mediaLost(reason: string): void;
  /** Ends the call now, for a stop that does not wait. */
  hangUp(): void;
}

/** The calls in progress: the gauge, the drain, and whoever has to be told that something is gone. */
export class CallRegistry {
  readonly #calls = new Map<string, RegisteredCall>();
  readonly #settling = new Set<Promise<void>>();
  #draining = false;
  #onIdle: (() => void) | undefined;

  get active(): number {
    return this.#calls.size;
  }

  get draining(): boolean {
    return this.#draining;
  }

  add(call: RegisteredCall): void {
    this.#calls.set(call.sid, call);
  }

  /** The call is over; `settled` resolves when its record is out. */
  remove(call: RegisteredCall, settled: Promise<void>): void {
    this.#calls.delete(call.sid);
    this.#settling.add(settled);
    void settled.finally(() => {
      this.#settling.delete(settled);
      this.#checkIdle();
    });
  }

  engineLost(): void {
    for (const call of [...this.#calls.values()]) call.engineLost();
  }

  mediaLost(sid: string, reason: string): void {
    this.#calls.get(sid)?.mediaLost(reason);
  }

  /** No new calls from now on; resolves when the last one has ended and is recorded. */
  drain(): Promise<void> {
    this.#draining = true;
    return new Promise((resolve) => {
      this.#onIdle = resolve;
      this.#checkIdle();
    });
  }

  hangUpAll(): void {
    for (const call of [...this.#calls.values()]) call.hangUp();
  }

  #checkIdle(): void {
    if (this.#calls.size === 0 && this.#settling.size === 0) this.#onIdle?.();
  }
}
