// SPDX-License-Identifier: Apache-2.0
import type { TargetPlace } from '@trunkline/crds';
import { failureOf } from '../call/attempt.ts';
import { errorText, type SipHeaders, type SipResponse, type SipStack } from '../call/sip-stack.ts';
import { uriHost } from '../policy/sip-uri.ts';
import type { Evidence } from './target-state.ts';

/** Not more than any server must take (RFC 3261 §11). */
const HEADERS: SipHeaders = {
  From: '<sip:trunkline@localhost>',
  Contact: '<sip:trunkline@localhost>',
  'Max-Forwards': '70',
  'User-Agent': 'Trunkline',
  Accept: 'application/sdp',
};

/** Asks a target by OPTIONS whether it lives. Never rejects; unresolved where the engine goes away in between. */
export const probe = (stack: SipStack, place: TargetPlace): Promise<Evidence> =>
  new Promise((resolve) => {
    const fail = (error: unknown): void => {
      resolve({ source: 'probe', result: 'failure', error: errorText(error) });
    };
    try {
      stack.request(...request(place), (error, sent) => {
        if (error || !sent) fail(error ?? 'not sent');
        else
          sent.on('response', (response: SipResponse) => {
            if (response.status >= 200) resolve(judge(response));
          });
      });
    } catch (error) {
      // srf asserts that it has a connection.
      fail(error);
    }
  });

const request = ({ host, port, transport }: TargetPlace) => {
  const hop = `sip:${uriHost(host)}${port === undefined ? '' : `:${port}`}`;
  const asked = transport === 'udp' ? hop : `${hop};transport=${transport}`;
  const options = { method: 'OPTIONS', headers: HEADERS, proxy: `${hop};transport=${transport}` };
  return [asked, options] as const;
};

/** 404, 405 or 483 are as good as 200: somebody is there. One who says 503 or 408 asks to be left alone. */
const judge = (response: SipResponse): Evidence => {
  const { status, reason } = response;
  const failure = failureOf(response);
  if (failure) return { source: 'probe', result: 'failure', error: failure.error };
  if (status === 408 || status === 503)
    return { source: 'probe', result: 'failure', error: `${status} ${reason} to OPTIONS` };
  return { source: 'probe', result: 'answer' };
};
