// SPDX-License-Identifier: Apache-2.0
import type { ConfigIndex } from '../config/config-index.ts';
import type { Decision, RequestFacts } from '../policy/decision.ts';
import type { LivePolicy } from '../policy/live-policy.ts';
import { REJECT_CODES, type RejectCode } from '../policy/reject-codes.ts';
import { formatReason } from '../policy/reject.ts';
import { Call, type CallDeps, type CallStart } from './call.ts';
import { reportCall } from './call-report.ts';
import { CallerInvite } from './caller-invite.ts';
import { optionsHeaders, refusalHeaders } from './headers.ts';
import { CallJournal } from './journal.ts';
import { requestFacts } from './request-facts.ts';
import {
  forgetInvite,
  repeatedHeader,
  type SipHeaders,
  type SipReply,
  type SipRequest,
} from './sip-stack.ts';
import { unfitCall, unfitInvite, type Unfit } from './unfit-invite.ts';

export interface IncomingDeps extends CallDeps {
  edge: string;
  policy: LivePolicy;
  /** The configuration in force at this moment. */
  config(): ConfigIndex;
  metrics: CallDeps['metrics'] & { challenged(): void };
}

type Rejection = Extract<Decision, { outcome: 'reject' }>;

/** Takes the new requests off the engine: facts, decision, and what the decision says. */
export const serveIncoming = (deps: IncomingDeps): void => {
  deps.stack.invite((req, res) => {
    onInvite(deps, req, res);
  });
  deps.stack.options((req, res) => {
    onPlainRequest(deps, req, res, 'OPTIONS');
  });
  deps.stack.register((req, res) => {
    onPlainRequest(deps, req, res, 'REGISTER');
  });
};

const onInvite = (deps: IncomingDeps, req: SipRequest, res: SipReply): void => {
  const facts = requestFacts(req, 'INVITE');
  const journal = new CallJournal(deps.edge, facts);
  // First thing of all: a CANCEL may be next in the queue.
  const invite = new CallerInvite(req, res, journal);
  const refuse = (code: RejectCode, text: string) => {
    refuseInvite(deps, invite, journal, rejection(code, text));
  };
  if (deps.registry.draining) {
    refuse('draining', 'this proxy is being stopped: try another one');
    return;
  }
  const unfit = unfitInvite(req, deps.extensions);
  if (unfit) {
    refuseUnfit(deps, invite, journal, unfit);
    return;
  }
  const { decision: decided, release } = deps.policy.decide(facts, deps.config(), journal.startedAt);
  const decision = deps.health.apply(decided);
  journal.decided(decision, decision.outcome === 'route' ? decision.plan : undefined);
  switch (decision.outcome) {
    case 'route':
      takeCall(deps, { invite, journal, plan: decision.plan, offer: facts.sdp, release });
      return;
    case 'challenge':
      deps.metrics.challenged();
      invite.refuse(407, 'Proxy Authentication Required', repeatable(decision.headers));
      return;
    case 'drop':
      forgetInvite(req);
      reportCall(deps, journal, { status: 0, code: decision.code });
      return;
    case 'reject':
      refuseInvite(deps, invite, journal, decision);
      return;
    case 'answer-options':
      refuse('internal-error', 'an INVITE was decided as OPTIONS');
  }
};

/** OPTIONS and REGISTER: answered, or passed over in silence; neither makes a record. */
const onPlainRequest = (
  deps: IncomingDeps,
  req: SipRequest,
  res: SipReply,
  method: RequestFacts['method'],
): void => {
  const { decision } = deps.policy.decide(requestFacts(req, method), deps.config(), Date.now());
  switch (decision.outcome) {
    case 'answer-options':
      // A balancer that pings learns here that no new calls are taken.
      if (deps.registry.draining)
        res.send(503, 'Service Unavailable', { headers: optionsHeaders(deps.extensions) });
      else res.send(200, 'OK', { headers: optionsHeaders(deps.extensions) });
      return;
    case 'reject':
      res.send(decision.status, decision.reason, { headers: rejectHeaders(decision) });
      return;
    case 'drop':
    case 'challenge':
    case 'route':
  }
};

const refuseInvite = (
  deps: IncomingDeps,
  invite: CallerInvite,
  journal: CallJournal,
  decision: Rejection,
): void => {
  invite.refuse(decision.status, decision.reason, rejectHeaders(decision));
  reportCall(deps, journal, { status: decision.status, code: decision.code, hungUpBy: 'trunkline' });
};

const takeCall = (deps: IncomingDeps, start: CallStart): void => {
  const unfit = unfitCall(start.invite.request, deps.session);
  if (unfit === undefined) {
    void new Call(deps, start).run();
    return;
  }
  start.release();
  refuseUnfit(deps, start.invite, start.journal, unfit);
};

const refuseUnfit = (
  deps: IncomingDeps,
  invite: CallerInvite,
  journal: CallJournal,
  { status, reason, code, headers }: Unfit,
): void => {
  invite.refuse(status, reason, headers);
  reportCall(deps, journal, { status, code, hungUpBy: 'trunkline' });
};

const rejection = (code: RejectCode, text: string): Rejection => ({
  outcome: 'reject',
  code,
  ...REJECT_CODES[code],
  text,
  headers: [],
  trace: [],
  effects: {},
});

const rejectHeaders = (decision: Rejection): SipHeaders => ({
  ...refusalHeaders(formatReason(decision)),
  ...repeatable(decision.headers),
});

/** Headers of a decision, where a name may occur more than once. */
const repeatable = (list: readonly { name: string; value: string }[]): SipHeaders => {
  const headers: SipHeaders = {};
  for (const [name, entries] of Map.groupBy(list, (header) => header.name)) {
    headers[name] = repeatedHeader(
      name,
      entries.map(({ value }) => value),
    );
  }
  return headers;
};
