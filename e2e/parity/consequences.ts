// SPDX-License-Identifier: Apache-2.0

/** What the difference of a flow means to who runs trunks: by the flow's name, for every flow that differs. */
export const consequences: Record<string, string> = {
  'an INVITE that is repeated before and after the first answer':
    'None for a call. A caller whose first 100 was lost repeats its INVITE to drachtio-server until the call rings.',
  'a call through proxies that record their route': 'None: nobody reads Record-Route in a 100.',
  'the same INVITE by two ways (merged request)':
    'A call that a carrier forks to two ways of the same edge is still one call on both; on drachtio-server the other way hears of the refusal late.',
  'the CANCEL comes after the 200': 'None: the call is up, and its caller hangs up with BYE.',
  'the callee asks for digest (407), which srf answers, and for the BYE too (401)':
    'A carrier that wants digest of our edge and looks for credentials in the ACK too will not get them from drachtio-server. None is known.',
  'two callees answer one INVITE (a fork)':
    'A carrier that forks must cancel its other branches itself. With drachtio-server, and with parity, a second callee who answers stays in a call with nobody until it gives up; run sip-engine with `--parity off` against such a carrier.',
  'the caller has another Contact than its messages come from':
    'PBXs behind NAT work on both. An SBC that wants later requests at another public address than its own gets them with `--parity off`, or with `--disable-nat-detection` of drachtio, and PBXs behind NAT do not work with the latter.',
  'the callee has another Contact than its answer comes from':
    'As above, for carriers and for PBXs that are called.',
  'the INVITE with credentials comes before the ACK of the 407':
    'Over UDP, a call with digest whose ACK of the 407 is lost or late is refused with 491 by drachtio-server itself: the PBX has to call again, and there is no record of it, because the proxy never hears of it. With 10 % loss and 10 % out of order these were 17 of 125 calls. PBXs with digest on bad paths belong on TCP or TLS.',
  'UPDATE of the caller while the INVITE is pending, and a second one before the first is answered':
    'None: the proxy sets Content-Type itself.',
  'UPDATE of the callee while the INVITE of the app is pending': 'None: the proxy sets Content-Type itself.',
  'INFO while the INVITE is pending comes as a new request, where an app takes INFO':
    'INFO before the answer (DTMF of some old gateways) fails on drachtio-server. The proxy takes no INFO outside calls, so callers see 503 or 500 on either.',
  'the caller says BYE while it rings':
    'With drachtio-server, and with parity, a caller who says BYE instead of CANCEL gets 481, and the callee rings on until the proxy’s own limit.',
  'the app answers before its reliable 183 is acknowledged':
    'None for a call: it is up. The caller of drachtio-server is told 501 for its PRACK, and callers do not look.',
  'REFER while it rings': 'None: transfers are asked for in calls that are answered.',
  'a request with the wrong From tag, and one with the wrong To tag':
    'A peer that has lost a call learns it by 481; by 503 it may take the edge for overloaded and go elsewhere.',
  '@localhost within a dialog': 'None: the proxy writes real addresses.',
  'a re-INVITE of the app rings before it is answered':
    'A PBX that rings on hold or resume: with drachtio-server its 200 is never acknowledged, and the proxy’s limit for a re-INVITE ends the attempt. The call stays.',
  'the caller moves to another Contact':
    'A phone that changes its address in a call (from Wi-Fi to LTE) gets the BYE of the other side with `--parity off` alone.',
  'the app goes away before the callee answers':
    'When a proxy dies while its calls ring, callees of drachtio-server stay in calls with nobody until they give up.',
  'requests that only make sense within a call':
    'None: such requests are errors. Over UDP their sender repeats them for 32 s where nobody answers.',
  'requests to a call that is not there':
    'After an edge was started again, peers that ask whether their calls are alive (OPTIONS in a dialog) learn by 481 from `--parity off` that they are not.',
  'broken requests': 'None.',
  'a request before the secret':
    'The admin port of drachtio-server must not be reachable: the configuration that we ship has it on 127.0.0.1.',
  'remove_route takes all verbs of the app': 'None: the proxy drains by refusing calls.',
  'a frame of 13,000 bytes':
    'SDP and headers together above 12 kB cannot leave by drachtio-server. The proxy takes bodies of the size that calls have.',
  'headers of 9,000 bytes': 'As above, for headers above 8,400 bytes.',
  'a request line of 600 bytes': 'As above, for URIs above 500 bytes.',
  'the tokens of every kind of frame': 'None.',
  'nobody answers: 408 after 64 T1':
    'Over UDP one lost INVITE costs a caller of drachtio-server 1 s instead of 0.5 s; within the 4 s a target gets three INVITEs instead of four.',
  'the 200 comes after the 408: the callee must not be left in a call with nobody':
    'A target that answers after the hunt has gone on: drachtio-server leaves it in a call with nobody for up to 32 s.',
  'the 200 of a re-INVITE is not acknowledged':
    'Over UDP a lost 200 to hold or resume is repeated only when the PBX repeats its re-INVITE. Use TCP or TLS on bad paths.',
  'the app sends OPTIONS to a port where nobody listens, and to somebody who is silent':
    'None: health needs more than one lost OPTIONS.',
};
