// SPDX-License-Identifier: Apache-2.0
import type { AccountEntry, Transport, TrunkEntry } from '@trunkline/crds';
import type { RejectCode } from './reject-codes.ts';

/** What policy looks at; taken from the wire by `call/request-facts.ts`, made from flags by `explain`. */
export interface RequestFacts {
  method: 'INVITE' | 'OPTIONS' | 'REGISTER';
  /** Request-URI as received. */
  requestUri: string;
  /** Raw values of the headers that policy reads; every list in order of appearance. */
  from: string;
  to: string;
  remotePartyId?: string;
  pAssertedIdentity?: string;
  diversion: string[];
  proxyAuthorization?: string;
  userAgent?: string;
  /** Absent: treated as 70. */
  maxForwards?: number;
  callId: string;
  /** Where the packet really came from: never from Via or From. */
  source: { address: string; port: number; transport: Transport };
  /** Body where it is SDP; absent for an offerless INVITE. */
  sdp?: string;
}

/** One check of DESIGN §4, in order. The same object goes into record, log, `Reason` header and `explain`. */
export interface TraceStep {
  /** Stable kebab-case name: `account-active`, `source-address`, `digest`, `called-number`, ... */
  check: string;
  result: 'pass' | 'fail' | 'skip' | 'warn';
  /** One sentence a telephony engineer can act on; never a secret. */
  detail: string;
}

export type Direction = 'termination' | 'origination';

/** One place to try: an origination target or a carrier gateway. */
export interface Attempt {
  /** OriginationUri key `ns/name`, or `carrier/<name>/<host>:<port>`. */
  target: string;
  sid: string;
  /** Request-URI of the INVITE, with transport and user filled in; no header part. */
  requestUri: string;
  /** Next hop where it differs from the Request-URI; always carries `transport=`. */
  nextHop?: string;
  transport: Transport;
  /** Extra headers for this attempt (X- headers of the URI). */
  headers: { name: string; value: string }[];
  /** Name of the carrier whose digest credentials answer a challenge. */
  carrier?: string;
}

/** Everything that `call` needs to carry a permitted call. */
export interface DialPlan {
  direction: Direction;
  trunk: TrunkEntry;
  account: AccountEntry;
  /** E.164, as called. */
  calledNumber: string;
  /** E.164 where it is one; otherwise the user part as received, or `anonymous`. */
  callerId: string;
  /** In the order in which they are tried. Never empty. */
  attempts: Attempt[];
  /** Diversion values to send: the dialled number's own on origination, the customer's surviving ones on termination. */
  diversion: string[];
  failover: { answerTimeoutMs: number; finalCodes: string[] };
  maxCallDurationSeconds: number;
  media: {
    /** The side of the customer's trunk; the other side is the carrier's. */
    customerLeg: 'caller' | 'callee';
    symmetricRtp: boolean;
    secure: boolean;
    /** Codec names allowed, in order; empty: as offered. */
    codecs: string[];
  };
}

/** What a permitted call counts against; handed to `CallLimits.reserve` by whoever carries the call. */
export interface CallReservation {
  /** Keys whose number of calls at one time includes this call until it ends. */
  concurrent: string[];
  /** Keys whose rate this call counts against, with the window over which it is measured. */
  starts: { key: string; windowMs: number }[];
}

/** What the live caller must write down after a decision, so that the next one sees it; `explain` drops it. */
export interface DecisionEffects {
  /** A nonce and nonce count that has been used up, and the time (ms) after which it need not be remembered. */
  usedNonce?: { key: string; expiresAt: number };
  /** A wrong answer to a nonce of ours. */
  failedDigest?: { source: string; user: string };
  /** Set where the outcome is `route`. */
  call?: CallReservation;
  /** Source address whose OPTIONS are counted. */
  optionsFrom?: string;
}

interface Decided {
  direction?: Direction;
  trunk?: TrunkEntry;
  account?: AccountEntry;
  trace: TraceStep[];
  effects: DecisionEffects;
}

export type Decision =
  | (Decided & {
      outcome: 'reject';
      code: RejectCode;
      status: number;
      /** Reason phrase of the status line. */
      reason: string;
      /** Text of the `Reason` header. */
      text: string;
      headers: { name: string; value: string }[];
    })
  | (Decided & { outcome: 'challenge'; status: 407; headers: { name: string; value: string }[] })
  | (Decided & { outcome: 'drop'; code: RejectCode })
  | (Decided & { outcome: 'answer-options'; status: 200 })
  | (Decided & { outcome: 'route'; plan: DialPlan });
