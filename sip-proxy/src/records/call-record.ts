// SPDX-License-Identifier: Apache-2.0
import type { Direction, TraceStep } from '../policy/decision.ts';

/** One try at one target. */
export interface AttemptRecord {
  target: string;
  sid: string;
  /** Request-URI sent. */
  uri: string;
  startedAt: string;
  endedAt: string;
  /** Final SIP status; 0 where none came (transport error, our CANCEL). */
  status: number;
  reason: string;
  /** What the hunt made of it. */
  outcome: 'answered' | 'final' | 'next' | 'cancelled';
  /** Readable cause where no status came: `connection refused`, `no response in 4 s`, `DNS: ...`. */
  error?: string;
}

/** One SIP message of the call as the proxy saw it, for the ladder. */
export interface LadderEntry {
  /** ISO 8601 with milliseconds, UTC. */
  at: string;
  /** `caller`, or `callee1`, `callee2` ... by attempt. */
  peer: string;
  direction: 'in' | 'out';
  /** `INVITE sip:...`, `180 Ringing`, `BYE`. */
  summary: string;
}

/** The row of one call; one per INVITE transaction that was decided, challenges excepted. Times: ISO 8601, UTC. */
export interface CallRecord {
  /** `CA` + 32 hex. */
  sid: string;
  /** SIP Call-ID of the caller's leg. */
  callId: string;
  edge: string;
  direction?: Direction;
  accountSid?: string;
  namespace?: string;
  trunkSid?: string;
  trunk?: string;
  from: string;
  to: string;
  source: { address: string; port: number; transport: string };
  startedAt: string;
  ringingAt?: string;
  answeredAt?: string;
  endedAt: string;
  /** Whole seconds between answer and end; 0 where never answered. */
  durationSeconds: number;
  /** Twilio's words: what became of it. */
  status: 'completed' | 'busy' | 'failed' | 'no-answer' | 'canceled';
  /** Final status sent to the caller. */
  sipStatus: number;
  /** Reject code, `answered`, or how it ended early. */
  outcomeCode: string;
  hungUpBy?: 'caller' | 'callee' | 'trunkline';
  trace: TraceStep[];
  attempts: AttemptRecord[];
  ladder: LadderEntry[];
  media?: { node: string; packetsFromCaller: number; packetsFromCallee: number };
  /** Things worth a look that did not stop the call (Max-Forwards under 20, lost BYE answer). */
  warnings: string[];
}
