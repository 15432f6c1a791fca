// SPDX-License-Identifier: Apache-2.0

/** What the recordings, and the results of the call tests, were made with. */
export const tested = {
  on: '2026-11-25',
  server: 'v0.9.10-1-g9c2dd4c (commit 9c2dd4c of 20 July 2026, the one after the tag v0.9.10)',
  stack: 'sofia-sip 1.12.10devel, fork davehorton/sofia-sip, commit 8889faf of 5 December 2025',
  build: 'Debian 12, gcc 12.2, OpenSSL 3.0, with NDEBUG as its Dockerfile has it',
  client: 'drachtio-srf 5.0.29 on Node 24',
};

/** Call tests of the product on that drachtio-server: `e2e/tests/<file>.test.ts`, and how many passed of how many. */
export const callTests: { file: string; about: string; passed: number; of: number; note?: string }[] = [
  { file: 'termination-calls', about: 'calls out, with media', passed: 156, of: 156 },
  { file: 'termination-authentication', about: 'addresses and digest', passed: 68, of: 68 },
  { file: 'termination-hunt', about: 'gateways, one after another', passed: 66, of: 66 },
  { file: 'termination-identity', about: 'who may call', passed: 62, of: 62 },
  {
    file: 'termination-ipv6',
    about: 'signalling over IPv6',
    passed: 17,
    of: 17,
    note: 'with `--disable-nat-detection`; without it the one call that is answered fails',
  },
  { file: 'origination-outcomes', about: 'what follows each answer', passed: 124, of: 124 },
  { file: 'origination-refusals', about: 'calls in that are refused', passed: 54, of: 54 },
  {
    file: 'origination-routes',
    about: 'URIs, headers, edges',
    passed: 50,
    of: 50,
    note: 'the four with the name `localhost` are left out',
  },
  { file: 'origination-early-media', about: 'ringing and early media', passed: 8, of: 8 },
  { file: 'origination-unreachable', about: 'silence, refused connections, names', passed: 34, of: 34 },
  {
    file: 'call-scenarios',
    about: 'answer, cancel, BYE of each side, races, 20 at once',
    passed: 32,
    of: 32,
  },
  { file: 'call-hold', about: 'hold, resume, re-INVITE both ways', passed: 14, of: 14 },
  { file: 'call-losses', about: 'lost ACKs, BYEs, answers', passed: 18, of: 18 },
  { file: 'calls-command', about: 'records of calls', passed: 70, of: 70 },
  { file: 'weights', about: '60/20/20', passed: 3, of: 3 },
  { file: 'target-health', about: 'dead targets last', passed: 1, of: 1 },
  { file: 'engines-tls', about: 'TLS versions and ciphers', passed: 4, of: 4 },
  { file: 'corners-sessions', about: 'session timers', passed: 4, of: 4 },
  {
    file: 'corners-updates',
    about: 'offers within a call',
    passed: 4,
    of: 4,
    note: 'two are left out: requests do not follow a new Contact',
  },
  {
    file: 'corners-extensions',
    about: 'what is required, refused, and sent unasked',
    passed: 7,
    of: 7,
    note: '`Require: 100rel` of a caller is 420; the four that are served are left out, see *What else differs*',
  },
  {
    file: 'corners-messages',
    about: 'messages of unusual shape',
    passed: 6,
    of: 6,
    note: 'five are left out: ISUP in bodies, an INVITE that comes back or comes twice (no 482), large requests over TCP, forked answers',
  },
  {
    file: 'lossy',
    about: '500 calls over bad paths',
    passed: 1,
    of: 1,
    note: 'calls with digest that are refused with 491 need no record, and a BYE that is repeated for more than 4 s may get 481',
  },
];
