// SPDX-License-Identifier: Apache-2.0
import { expiresAfterMs, refreshAfterMs, type Session } from './session-interval.ts';

/**
 * How a refresh of ours went. `done`: `agreed` has been called. `later`: somebody else negotiates. `refused`: the peer is there, and does
 * not want to be refreshed. `gone`: it does not know the call.
 */
export type Refreshed = 'done' | 'later' | 'refused' | 'silent' | 'gone';

export interface SessionDuties {
  refresh(): Promise<Refreshed>;
  /** The peer is gone; `why` for the record. */
  expired(why: string): void;
}

/** Between two tries of a refresh that found no answer, or no free moment; in milliseconds. */
export const RETRY_MS = 5_000;
/** A peer that lets so many refreshes in a row pass without an answer is gone. */
const PATIENCE = 3;

/** The session timer of one leg: refreshes, or waits for the peer's refreshes, until it is stopped. */
export class SessionKeeper {
  #session: Session;
  readonly #duties: SessionDuties;
  #timer: NodeJS.Timeout | undefined;
  #unanswered = 0;
  #stopped = false;

  constructor(session: Session, duties: SessionDuties) {
    this.#session = session;
    this.#duties = duties;
    this.#arm();
  }

  /** In force. */
  get session(): Session {
    return this.#session;
  }

  /** A request of either side has been answered with a 2xx, which is a refresh: the interval begins anew. */
  agreed(session: Session): void {
    this.#session = session;
    this.#unanswered = 0;
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #arm(): void {
    const { interval, refresher } = this.#session;
    if (refresher === 'us') {
      this.#after(refreshAfterMs(this.#session), this.#refresh);
      return;
    }
    this.#after(expiresAfterMs(this.#session), () => {
      this.#duties.expired(`no refresh came in the session interval of ${interval} s`);
    });
  }

  #after(milliseconds: number, what: () => void): void {
    clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(what, milliseconds);
  }

  readonly #refresh = (): void => {
    void this.#duties.refresh().then((refreshed) => {
      if (!this.#stopped) this.#take(refreshed);
    });
  };

  #take(refreshed: Refreshed): void {
    switch (refreshed) {
      case 'done':
        return;
      case 'refused':
        this.agreed(this.#session);
        return;
      case 'later':
        this.#after(RETRY_MS, this.#refresh);
        return;
      case 'silent':
        this.#unanswered += 1;
        if (this.#unanswered < PATIENCE) this.#after(RETRY_MS, this.#refresh);
        else this.#duties.expired(`no answer to ${PATIENCE} refreshes`);
        return;
      case 'gone':
        this.#duties.expired('the refresh was answered with 481');
    }
  }
}
