// SPDX-License-Identifier: Apache-2.0
import { CARRIER, PBX } from './explain-manifests.ts';
import { sdp } from './sip/index.ts';

/** A request as a flag of `trunkline explain` and as a packet; what is left out is an ordinary call of acme. */
export interface ExplainRequest {
  name: string;
  /** `route`, `challenge`, `options` or a reject code; absent where a later release will decide otherwise. */
  expects?: string;
  method: 'INVITE' | 'OPTIONS' | 'REGISTER';
  to: string;
  /** User part, or a whole value. */
  from: string;
  /** Where the packet comes from, in 127.0.0.0/8. */
  source: string;
  transport: 'udp' | 'tcp';
  /** Absent: no such header. */
  maxForwards?: number;
  pai?: string;
  rpid?: string;
  diversion?: string[];
  authorization?: string;
  /** Knows its password, or does not exist. */
  user?: string;
  algorithm?: 'MD5' | 'SHA-256';
  /** Name in `OFFERS`; absent: no offer. */
  offer?: string;
}

const offer = (formats: number[], options: { profile?: string; lines?: string[]; port?: number } = {}) =>
  sdp({ address: PBX, port: 40_000, formats, ...options });
const KEY = 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz';

export const OFFERS: Record<string, string> = {
  g711: offer([0, 8, 101]),
  pcma: offer([8]),
  g729: offer([18]),
  wide: offer([9, 18, 8]),
  srtp: offer([0], { profile: 'RTP/SAVP', lines: [KEY] }),
  keys: offer([0], { lines: [KEY] }),
  off: offer([0], { port: 0 }),
  video: offer([0]).replace('m=audio', 'm=video'),
};

const ORDINARY: ExplainRequest = {
  name: '',
  method: 'INVITE',
  to: 'sip:+442079460123@acme.pstn.example.com',
  from: '+15550100',
  source: PBX,
  transport: 'udp',
  maxForwards: 70,
  offer: 'g711',
};

type Changes = Partial<Omit<ExplainRequest, 'name' | 'expects'>>;
type Row = [name: string, expects: string | undefined, changes: Changes];

const out = ([name, expects, changes]: Row): ExplainRequest => {
  const { maxForwards, offer: wanted, ...rest } = { ...ORDINARY, ...changes };
  return {
    ...rest,
    name,
    ...(expects === undefined ? {} : { expects }),
    ...(maxForwards === undefined ? {} : { maxForwards }),
    ...(wanted === undefined ? {} : { offer: wanted }),
  };
};
/** From the carrier; `to` is the user part where it has no scheme. */
const into = ([name, expects, { to = '+15550100', ...changes }]: Row): ExplainRequest =>
  out([
    name,
    expects,
    {
      source: CARRIER,
      from: '+442079460123',
      to: to.includes(':') ? to : `sip:${to}@127.0.0.1`,
      ...changes,
    },
  ]);

const to = (host: string, user = '+442079460123'): Changes => ({ to: `sip:${user}@${host}` });
const at = (label: string, from: string, changes: Changes = {}): Changes => ({
  ...to(`${label}.pstn.example.com`),
  from,
  ...changes,
});
const number = (user: string): Changes => to('acme.pstn.example.com', user);
const digest = (uri: string) =>
  `Digest username="pbx", realm="example.com", nonce="abc.def", uri="${uri}", response="0123456789abcdef0123456789abcdef", algorithm=MD5, qop=auth, nc=00000001, cnonce="x"`;

const WHO: Row[] = [
  ['an ordinary call', 'route', {}],
  ['a domain that nobody has', 'unknown-domain', to('globex.pstn.example.com')],
  ['the base domain itself', 'unknown-domain', to('example.com')],
  ['an address', 'unknown-domain', to('127.0.0.1')],
  ['a tel URI', 'bad-request', { to: 'tel:+442079460123' }],
  ['the localized domain', 'route', to('acme.pstn.ashburn.example.com')],
  ['the domain with the legacy region', 'route', to('acme.pstn.us1.example.com')],
  ['the domain with an edge that is not there', 'unknown-domain', to('acme.pstn.atlantis.example.com')],
  ['a domain in upper case with a dot at its end', 'route', to('ACME.PSTN.Example.COM.')],
  ['a domain with port and parameters', 'route', to('acme.pstn.example.com:5060;transport=udp')],
  ['a domain below another one', 'route', to('branch.acme.pstn.example.com')],
  ['a sips URI', 'route', { to: 'sips:+442079460123@acme.pstn.example.com' }],
];

const SOURCE: Row[] = [
  ['a source in the second network of the list', 'route', { source: '127.0.4.9' }],
  ['a source beside it', 'source-address-denied', { source: '127.0.5.9' }],
  ['a stranger', 'source-address-denied', { source: '127.0.0.66' }],
  ['a listed source over TCP', 'route', { transport: 'tcp' }],
  ['a stranger who cannot be called back', 'source-address-denied', { source: '127.0.0.66', maxForwards: 0 }],
  ['a trunk without any list', 'no-authentication-configured', at('open', '+15550130')],
  ['a trunk with users, and no digest', 'challenge', at('locked', '+15550110')],
  ['a user with MD5', 'route', at('locked', '+15550110', { user: 'pbx', algorithm: 'MD5' })],
  ['a user with SHA-256', 'route', at('locked', '+15550110', { user: 'pbx', algorithm: 'SHA-256' })],
  ['a user from anywhere', 'route', at('locked', '+15550110', { user: 'pbx', source: '127.9.9.9' })],
  ['a user that does not exist', 'digest-invalid', at('locked', '+15550110', { user: 'nobody' })],
  ['list and users, right source, no digest', 'challenge', at('both', '+15550120')],
  ['list and users, both right', 'route', at('both', '+15550120', { user: 'pbx' })],
  [
    'list and users, wrong source',
    'source-address-denied',
    at('both', '+15550120', { user: 'pbx', source: '127.0.0.66' }),
  ],
  [
    'credentials of another scheme',
    'challenge',
    at('locked', '+15550110', { authorization: 'Basic cGJ4OngK' }),
  ],
  [
    'credentials for another realm',
    'challenge',
    at('locked', '+15550110', {
      authorization: digest('sip:locked.pstn.example.com').replace('realm="example.com"', 'realm="asterisk"'),
    }),
  ],
  [
    'a nonce that is not ours',
    'challenge',
    at('locked', '+15550110', { authorization: digest('sip:locked.pstn.example.com') }),
  ],
  [
    'a digest over another URI',
    'bad-request',
    at('locked', '+15550110', { authorization: digest('sip:acme.pstn.example.com') }),
  ],
  [
    'a digest with nothing in it',
    'bad-request',
    at('locked', '+15550110', { authorization: 'Digest username="pbx"' }),
  ],
];

const ACCOUNT: Row[] = [
  ['a suspended account', 'account-suspended', at('suspended', '+15550140')],
  [
    'a suspended account and a stranger',
    'account-suspended',
    at('suspended', '+15550140', { source: '127.0.0.66' }),
  ],
  ['an account below a suspended one', 'account-suspended', at('child', '+15550141')],
  ['a secure trunk over UDP', 'tls-required', at('secure', '+15550160')],
  ['a secure trunk over TCP', 'tls-required', at('secure', '+15550160', { transport: 'tcp' })],
  [
    'a trial account to a verified number',
    'route',
    at('trial', '+15550150', to('trial.pstn.example.com', '+442079460150')),
  ],
  ['a trial account to another number', 'trial-number-not-verified', at('trial', '+15550150')],
  ['a trunk within its limits', 'route', at('limited', '+15550170')],
  ['a trunk that is recorded', undefined, at('recorded', '+15550171')],
];

const NUMBERS: Row[] = [
  ['Max-Forwards 0', 'too-many-hops', { maxForwards: 0 }],
  ['Max-Forwards 1', 'route', { maxForwards: 1 }],
  ['Max-Forwards 19', 'route', { maxForwards: 19 }],
  ['Max-Forwards 255', 'route', { maxForwards: 255 }],
  ['no Max-Forwards', 'route', { maxForwards: undefined as never }],
  ['a called number without the plus', 'invalid-number', number('442079460123')],
  ['00 for the plus', 'invalid-number', number('00442079460123')],
  ['separators', 'invalid-number', number('+44-20-7946-0123')],
  ['letters', 'invalid-number', number('alice')],
  ['a country code with 0', 'invalid-number', number('+0442079460')],
  ['one digit', 'invalid-number', number('+4')],
  ['sixteen digits', 'invalid-number', number('+4420794601234567')],
  ['no user', 'invalid-number', { to: 'sip:acme.pstn.example.com' }],
  ['an escaped plus', 'route', number('%2B442079460123')],
  ['parameters of the user', 'route', number('+442079460123;phone-context=x')],
  ['a number that no carrier serves', 'no-carrier', number('+33199000000')],
  ['a carrier that is switched off', 'no-carrier', number('+4915550000')],
  ['a shorter prefix', 'route', number('+441632960123')],
];

const CALLER: Row[] = [
  ['a verified caller id', 'route', { from: '+15550108' }],
  ['a number of the account on no trunk', 'route', { from: '+15550101' }],
  ['a caller id that is not verified', 'invalid-caller-id', { from: '+15550102' }],
  ['a number of another account', 'invalid-caller-id', { from: '+15550110' }],
  ['a number without the plus', 'invalid-caller-id', { from: '15550100' }],
  ['an anonymous caller', 'invalid-caller-id', { from: '<sip:anonymous@anonymous.invalid>' }],
  ['anonymous with P-Asserted-Identity', 'route', { from: 'anonymous', pai: '<sip:+15550100@pbx.example>' }],
  [
    'P-Asserted-Identity as sip and tel',
    'route',
    { from: 'pbx', pai: '<sip:hall@pbx.example>, <tel:+15550108>' },
  ],
  [
    'Remote-Party-ID before P-Asserted-Identity',
    'invalid-caller-id',
    { from: 'pbx', rpid: '<sip:+15550110@x.example>;party=calling', pai: '<sip:+15550100@x.example>' },
  ],
  ['From before both', 'route', { rpid: '<sip:+15550110@x.example>', pai: '<sip:+15550110@x.example>' }],
  ['a display name with a comma', 'route', { from: '"Doe, Jane" <sip:+15550100@pbx.example;user=phone>' }],
  ['a foreign Diversion', 'route', { diversion: ['<sip:+15550177@carrier.example>;reason=no-answer'] }],
  [
    'a Diversion of the account and one of somebody else',
    'route',
    { diversion: ['<sip:+15550100@acme.pstn.example.com>', '<sip:+15550110@example.com>'] },
  ],
];

const MEDIA: Row[] = [
  ['no offer', 'route', { offer: undefined as never }],
  ['PCMA alone', 'route', { offer: 'pcma' }],
  ['G.711 as the last of several', 'route', { offer: 'wide' }],
  ['G.729 alone', 'media-not-acceptable', { offer: 'g729' }],
  ['SRTP on a trunk that is not secure', 'media-not-acceptable', { offer: 'srtp' }],
  ['keys on plain RTP', 'media-not-acceptable', { offer: 'keys' }],
  ['an audio stream that is switched off', 'media-not-acceptable', { offer: 'off' }],
  ['video alone', 'media-not-acceptable', { offer: 'video' }],
];

const INBOUND: Row[] = [
  ['from the carrier to a number', 'route', {}],
  ['to a number without the plus', 'route', { to: '15550100' }],
  ['to a number that nobody has', 'unknown-number', { to: '+15550199' }],
  ['to a name', 'unknown-number', { to: 'alice' }],
  ['to nobody', 'unknown-number', { to: 'sip:127.0.0.1' }],
  ['to a number on no trunk', 'unknown-number', { to: '+15550101' }],
  ['from the carrier to a termination domain', 'route', { to: 'sip:+15550100@locked.pstn.example.com' }],
  ['from the other carrier', 'route', { source: '127.0.2.7' }],
  [
    'from the other carrier without gateways, to a tel URI',
    'route',
    { source: '127.0.2.7', to: 'tel:+15550100' },
  ],
  ['to a suspended account', 'account-suspended', { to: '+15550140' }],
  ['to an account below a suspended one', 'account-suspended', { to: '+15550141' }],
  ['from the carrier with Max-Forwards 0', 'too-many-hops', { maxForwards: 0 }],
  ['to a trunk without OriginationUri', 'no-origination-uri', { to: '+15550180' }],
  ['to a trunk whose OriginationUri is switched off', 'no-origination-uri', { to: '+15550181' }],
  ['to a trunk at another edge', undefined, { to: '+15550182' }],
  ['to a trunk at an edge that is not there', 'route', { to: '+15550183' }],
  ['to a trunk with one OriginationUri at another edge', 'route', { to: '+15550184' }],
  ['to a secure trunk', undefined, { to: '+15550160' }],
  ['from a US number to a trunk with cnamLookup', undefined, { to: '+15550172', from: '+15550123' }],
  ['from a British number to a trunk with cnamLookup', 'route', { to: '+15550172' }],
  ['to a trunk that is recorded', undefined, { to: '+15550171' }],
  ['from an anonymous caller', 'route', { from: '"Anonymous" <sip:anonymous@anonymous.invalid>' }],
  ['from a caller without a number', 'route', { from: '<sip:127.0.0.2>' }],
  ['from the carrier with SRTP', 'media-not-acceptable', { offer: 'srtp' }],
  ['from the carrier without G.711', 'media-not-acceptable', { offer: 'g729' }],
  ['from the carrier without an offer', 'route', { offer: undefined as never }],
];

/** Each from a source of its own: more than one in 10 s is another matter. */
const OTHERS: Row[] = [
  [
    'OPTIONS to a domain',
    'options',
    { method: 'OPTIONS', source: '127.0.6.1', to: 'sip:acme.pstn.example.com' },
  ],
  ['OPTIONS to nobody', 'unknown-domain', { method: 'OPTIONS', source: '127.0.6.2', to: 'sip:127.0.0.1' }],
  ['OPTIONS of the carrier', 'options', { method: 'OPTIONS', source: CARRIER, to: 'sip:127.0.0.1' }],
  ['REGISTER to a domain', 'method-not-allowed', { method: 'REGISTER', to: 'sip:acme.pstn.example.com' }],
  ['REGISTER to nobody', 'method-not-allowed', { method: 'REGISTER', to: 'sip:127.0.0.1' }],
];

export const EXPLAIN_REQUESTS: readonly ExplainRequest[] = [
  ...[...WHO, ...SOURCE, ...ACCOUNT, ...NUMBERS, ...CALLER, ...MEDIA].map(out),
  ...INBOUND.map(into),
  ...OTHERS.map(out),
];
