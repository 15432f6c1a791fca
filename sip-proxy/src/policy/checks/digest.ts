// SPDX-License-Identifier: Apache-2.0
import type { CredentialHash } from '@trunkline/crds';
import { challengeHeaders } from '../digest/challenge.ts';
import { parseDigestCredentials, type DigestCredentials } from '../digest/credentials.ts';
import { checkNonce, nonceExpiry } from '../digest/nonce.ts';
import { verifyResponse } from '../digest/verify-response.ts';
import { quoted } from '../phone-number.ts';
import { isAddress, parseSipUri } from '../sip-uri.ts';
import { fail, pass, skip, type CheckedCall, type CheckResult } from './check.ts';

/** The longest user name that a CredentialList may hold. */
const MAX_USERNAME = 32;

/**
 * Check 4: where the trunk has credential lists, the caller proves that it knows a password of one of them
 * (RFC 3261 §22.3, RFC 7616, RFC 8760). No credentials: 407; wrong ones: 403.
 */
export function checkDigest(call: CheckedCall): CheckResult {
  const { trunk, request, context } = call;
  if (trunk.credentialLists.length === 0) return skip('digest', 'the trunk has no credential list');
  if (request.proxyAuthorization === undefined) {
    return context.assumeUser === undefined
      ? challenge(call, 'the INVITE has no Proxy-Authorization: challenged')
      : assumed(call, context.assumeUser);
  }
  const { baseDomain: realm } = context.config.global;
  const parsed = parseDigestCredentials(request.proxyAuthorization, realm);
  if (parsed.kind === 'malformed') return malformed(parsed.problem);
  if (parsed.kind === 'other')
    return challenge(call, 'Proxy-Authorization is not of the scheme Digest: challenged');
  const { credentials } = parsed;
  if (credentials.realm !== realm) {
    return challenge(call, `the credentials are for another realm, ${quoted(credentials.realm)}: challenged`);
  }
  if (context.failures.blocks(request.source.address, credentials.username)) return blocked(call);
  const uriProblem = digestUriProblem(call, credentials.uri);
  return uriProblem === undefined ? judge(call, credentials) : malformed(uriProblem);
}

/**
 * The nonce decides whether a response is looked at: any nonce of ours, fresh or not. With another one no answer may tell
 * whether the password was right: such guesses would cost nothing.
 */
function judge(call: CheckedCall, credentials: DigestCredentials): CheckResult {
  const { request, context } = call;
  const { nonces, now } = context;
  const state = checkNonce(credentials.nonce, request, {
    keys: nonces.keys,
    lifetimeMs: nonces.lifetimeMs,
    now,
  });
  // A client that keeps the nonce of an earlier call starts with it: it is not at fault, and gets a new one.
  if (state === 'foreign')
    return challenge(call, 'the nonce was not made for this call: challenged anew', true);
  const right = verifyResponse(credentials, candidates(call, credentials.username), request.method);
  if (!right) return wrong(call, credentials.username);
  if (state === 'expired')
    return challenge(call, `the nonce is older than ${nonces.lifetimeMs / 1000} s`, true);
  const key = `${credentials.nonce}/${credentials.qop?.nc ?? ''}`;
  if (nonces.isUsed(key)) return refused('replay: this nonce and nonce count have been used already');
  call.effects.usedNonce = { key, expiresAt: nonceExpiry(credentials.nonce, nonces.lifetimeMs) };
  return pass(
    'digest',
    `user ${quoted(credentials.username)} proved its password with ${credentials.algorithm}`,
  );
}

function candidates({ trunk, context }: CheckedCall, username: string): CredentialHash[] {
  if (username.length > MAX_USERNAME) return [];
  const found = trunk.credentialLists.map((list) => context.config.credential(list, username));
  return found.filter((candidate) => candidate !== undefined);
}

/**
 * The digest's uri must name what is called (RFC 7616 §3.4.6): same host, and same user where it has one. Ports and
 * parameters may differ: many PBXs leave them out. An address for a host passes too: some put the next hop there.
 */
function digestUriProblem({ requestUri }: CheckedCall, text: string): string | undefined {
  const uri = parseSipUri(text);
  if (uri === undefined) return `uri ${quoted(text)} is no SIP URI`;
  const sameUser = uri.user === undefined || uri.user === requestUri.user;
  const sameHost = uri.host === requestUri.host || isAddress(uri.host);
  if (sameUser && sameHost) return undefined;
  return `uri ${quoted(text)} differs from the Request-URI in user or host`;
}

function challenge(call: CheckedCall, detail: string, stale = false): CheckResult {
  const headers = challengeHeaders(call.request, call.context, stale);
  return { step: { check: 'digest', result: 'fail', detail }, stop: { kind: 'challenge', headers } };
}

function malformed(problem: string): CheckResult {
  return fail('digest', 'bad-request', `Proxy-Authorization cannot be used: ${problem}`);
}

function refused(why: string): CheckResult {
  return fail('digest', 'digest-invalid', `the credentials were refused: ${why}`);
}

function wrong({ request, effects }: CheckedCall, user: string): CheckResult {
  effects.failedDigest = { source: request.source.address, user };
  return refused('unknown user, wrong password, or a response computed over something else');
}

/** Without looking at the password: who guesses learns nothing more, and costs little. */
function blocked({ request }: CheckedCall): CheckResult {
  const text = `${request.source.address} has sent too many wrong passwords within a minute: refused until the minute is over`;
  return fail('digest', 'digest-blocked', text);
}

function assumed(call: CheckedCall, username: string): CheckResult {
  if (candidates(call, username).length > 0) {
    return pass('digest', `assumed: user ${quoted(username)} sends the right password`);
  }
  return refused(`no user ${quoted(username)} in the trunk's credential lists`);
}
