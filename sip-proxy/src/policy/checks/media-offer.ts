// SPDX-License-Identifier: Apache-2.0
import { readSdpOffer } from '../sdp-offer.ts';
import { fail, pass, type CheckedCall, type CheckResult } from './check.ts';

/** Check 11: the offer has G.711 and, on a trunk that is not secure, no SRTP. */
export function checkMediaOffer({ request, trunk }: CheckedCall): CheckResult {
  if (trunk.secure) {
    return fail('media-offer', 'not-implemented', srtpMissing(trunk.key));
  }
  return checkPlainOffer(request.sdp);
}

/** What calls of secure trunks are told until media can be encrypted. */
export function srtpMissing(trunk: string): string {
  return `trunk ${trunk} is secure, and SRTP is not available yet: set secure to false to call over TLS without`;
}

/** The same for plain RTP alone: what comes from a carrier is never encrypted. */
export function checkCarrierOffer({ request }: CheckedCall): CheckResult {
  return checkPlainOffer(request.sdp);
}

function checkPlainOffer(sdp: string | undefined): CheckResult {
  // RFC 3261 §13.2.1: the offer then comes from the other side, in its 200.
  if (sdp === undefined) return pass('media-offer', 'the INVITE has no offer: the called side makes it');
  const offer = readSdpOffer(sdp);
  if (!offer.audio) return fail('media-offer', 'media-not-acceptable', 'the SDP offers no audio stream');
  if (offer.srtp) {
    return fail(
      'media-offer',
      'media-not-acceptable',
      'the SDP offers SRTP and the trunk is not secure: offer RTP/AVP without keys, or make the trunk secure',
    );
  }
  if (offer.g711) return pass('media-offer', 'the SDP offers G.711 over plain RTP');
  return fail('media-offer', 'media-not-acceptable', 'the SDP offers no G.711: add PCMU or PCMA');
}
