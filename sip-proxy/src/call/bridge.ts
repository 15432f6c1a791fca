// SPDX-License-Identifier: Apache-2.0
import { extensionsOf, passedHeaders, refusalHeaders, unsupportedExtensions } from './headers.ts';
import type { CallJournal } from './journal.ts';
import type { Leg, RemoteEnd } from './leg.ts';
import { DialogLostError, type Negotiation } from './negotiation.ts';
import { errorText, type SipReply, type SipRequest } from './sip-stack.ts';

export interface BridgeDeps {
  journal: CallJournal;
  negotiation: Negotiation;
  /** `Reason` of a refused transfer. */
  transferRefusal: string;
  /** The far end of a leg, or the engine in its name, has hung up. */
  onHangUp(leg: Leg, end: RemoteEnd): void;
  /** A leg turned out to be gone without a BYE. */
  onLost(detail: string): void;
}

/** Ties two confirmed legs together: what one side sends within the call reaches the other. */
export class Bridge {
  readonly #deps: BridgeDeps;
  readonly #legs: readonly [Leg, Leg];

  constructor(legs: readonly [Leg, Leg], deps: BridgeDeps) {
    this.#deps = deps;
    this.#legs = legs;
  }

  /** A leg that has been hung up meanwhile is reported from in here. */
  start(): void {
    const [caller, callee] = this.#legs;
    this.#listen(caller, callee);
    this.#listen(callee, caller);
    for (const leg of this.#legs) {
      leg.onRemoteEnd((end) => {
        this.#deps.onHangUp(leg, end);
      });
    }
  }

  #listen(from: Leg, to: Leg): void {
    from.onAsked(({ event, req, reply }) => {
      this.#note(from, 'in', req.method);
      const extensions = unsupportedExtensions(req, extensionsOf(true));
      if (extensions !== '') {
        reply.send(420, 'Bad Extension', { headers: { Unsupported: extensions.slice(0, 200) } });
        return;
      }
      switch (event) {
        case 'modify':
        case 'update':
          this.#run(reply, this.#deps.negotiation.handle({ req, reply, from, to }));
          return;
        case 'refer':
          this.#note(from, 'out', '603 Decline');
          reply.send(603, 'Decline', { headers: refusalHeaders(this.#deps.transferRefusal) });
          return;
        default:
          this.#run(reply, relay(req, reply, to));
      }
    });
  }

  #run(reply: SipReply, work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!reply.finalResponseSent) reply.send(500, undefined, {});
      if (error instanceof DialogLostError) this.#deps.onLost(errorText(error));
    });
  }

  #note(leg: Leg, direction: 'in' | 'out', summary: string): void {
    this.#deps.journal.note(leg.side === 'caller' ? 'caller' : this.#calleePeer(), direction, summary);
  }

  #calleePeer(): string {
    return this.#deps.journal.attempts.at(-1)?.peer ?? 'callee1';
  }
}

/** A request that goes to the other leg as it is, and its answer back. */
const relay = async (req: SipRequest, reply: SipReply, to: Leg): Promise<void> => {
  await to.ready;
  const hasBody = req.body !== '';
  const headers = passedHeaders(req.method, req.headers, hasBody);
  if (hasBody) headers['content-type'] ??= 'text/plain';
  const response = await to.request(req.method, headers, req.body);
  reply.send(response.status, response.reason, {
    headers: passedHeaders(req.method, response.headers, response.body !== ''),
    ...(response.body !== '' && { body: response.body }),
  });
  if (response.status === 481) throw new DialogLostError('the far side does not know the call');
};
