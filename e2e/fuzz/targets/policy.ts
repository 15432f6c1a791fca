// SPDX-License-Identifier: Apache-2.0
import Srf from 'drachtio-srf';
import { ParseError, parseMessage, readEssentials } from '../../../sip-engine/src/message/index.ts';
import { encodeSipFrame } from '../../../sip-engine/src/wire/frame-codec.ts';
import { requestFacts } from '../../../sip-proxy/src/call/request-facts.ts';
import type { SipRequest } from '../../../sip-proxy/src/call/sip-stack.ts';
import { decide } from '../../../sip-proxy/src/policy/decide.ts';
import { parseDigestCredentials } from '../../../sip-proxy/src/policy/digest/credentials.ts';
import { CARRIER, makeContext, makeTrunk, OFFICE } from '../../../sip-proxy/src/policy/policy.fixture.ts';
import { formatReason } from '../../../sip-proxy/src/policy/reject.ts';
import { readSdpOffer } from '../../../sip-proxy/src/policy/sdp-offer.ts';
import { parseNameAddr, parseSipUri, splitHeaderValues } from '../../../sip-proxy/src/policy/sip-uri.ts';
import { corpus } from '../corpus.ts';
import { allowing, type Target } from '../target.ts';
import { sipSeeds } from './sip-message.ts';

const context = makeContext({
  trunks: [makeTrunk({ credentialLists: [{ key: 'acme/pbx', sid: 'CL1' }] as never })],
});

const SipMessage = (Srf as unknown as { SipMessage: new (text: string) => object }).SipMessage;

/** Everything that a stranger's request goes through before it is refused: engine, frame, drachtio-srf, policy. */
export const policy: Target = {
  name: 'policy',
  seeds: sipSeeds,
  run(input) {
    const message = allowing(ParseError, () => {
      const read = parseMessage(input);
      readEssentials(read);
      return read;
    });
    if (message === undefined) return false;
    const frame = encodeSipFrame(message, () => '').toString('utf8');
    // srf drops, and prints, what it cannot read: nothing that we have read may be such.
    const request = new SipMessage(frame.slice(frame.indexOf('\r\n') + 2)) as SipRequest;
    if (message.kind === 'response') return true;
    for (const address of ['198.51.100.1', OFFICE, CARRIER]) {
      const from = Object.assign(Object.create(request) as SipRequest, {
        source_address: address,
        source_port: 5060,
        protocol: 'udp',
      });
      for (const method of ['INVITE', 'OPTIONS', 'REGISTER'] as const) checked(from, method);
    }
    return true;
  },
};

const checked = (request: SipRequest, method: 'INVITE' | 'OPTIONS' | 'REGISTER'): void => {
  const decision = decide(requestFacts(request, method), context);
  if (decision.outcome !== 'reject') return;
  const reason = formatReason(decision);
  if (/[^\x20-\x7e]/.test(reason) || reason.length > 900)
    throw new Error(`the Reason is no header value: ${JSON.stringify(reason)}`);
};

/** What policy reads by itself: addresses, URIs, lists, credentials, offers. None of it throws. */
export const policyValues: Target = {
  name: 'policy-values',
  seeds: [...corpus('value'), ...corpus('sdp'), ...corpus('digest')],
  run(input) {
    const text = input.toString('utf8');
    splitHeaderValues(text);
    readSdpOffer(text);
    const credentials = parseDigestCredentials(text, 'example.com');
    return [parseNameAddr(text), parseSipUri(text)].some(Boolean) || credentials.kind === 'digest';
  },
};
