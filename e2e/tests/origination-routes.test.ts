// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CallRecord } from '@trunkline/sip-proxy/records';
import {
  edge,
  onDrachtio,
  sdp,
  tagOf,
  trunk,
  uriOf,
  type InviteOptions,
  type OutgoingCall,
  type PeerMessage,
  type Resource,
  type SipPeer,
  type Target,
} from '../src/index.ts';
import {
  attemptsOf,
  backends,
  CALLER,
  OriginationStage,
  ROUTED,
  START_MS,
  STOP_MS,
  traceOf,
  userOf,
} from './origination.fixture.ts';

const CARRIER = '127.0.21.1';
const HOST = '127.0.21.2';

interface Cast {
  pbx: SipPeer;
  tcp: SipPeer;
  /** On 127.0.0.1, which has a name. */
  named: SipPeer;
  refuser: SipPeer;
}

/** What one call is about: the URIs of its trunk, how it is dialled, and what the PBX is sent. */
interface Route {
  name: string;
  targets: (cast: Cast) => (string | Target)[];
  dial?: (number: string) => Partial<InviteOptions>;
  /** Of the INVITE. */
  uri: (number: string, cast: Cast) => string;
  headers?: Record<string, string | RegExp>;
  /** Headers that must not be there. */
  without?: string[];
  /** Default: one attempt, answered. */
  attempts?: string[];
  trace?: string[];
}

const fromName = (name: string) => (): Partial<InviteOptions> => ({
  from: `${name} <sip:${CALLER}@192.0.2.1>`,
});
const to = (uri: (number: string) => string) => (number: string) => ({ to: uri(number) });
const filled = (number: string, { pbx }: Cast): string => `sip:${number}@${pbx.hostPort}`;
const bare = ({ pbx }: Cast): string[] => [`sip:${pbx.hostPort}`];
const lessPlus = (number: string): string => number.slice(1);
const usedEdge = (place: string): Pick<Route, 'targets' | 'uri'> => ({
  targets: ({ pbx }) => [`sip:${pbx.hostPort};${place}`],
  uri: filled,
});

/** drachtio-server asks name servers alone, and none of them need know `localhost`. */
const byName = (routes: Route[]): Route[] => (onDrachtio ? [] : routes);

const ROUTES: Route[] = [
  { name: 'a URI without user: the dialled number is filled in', targets: bare, uri: filled },
  {
    name: 'a URI with a user of its own',
    targets: ({ pbx }) => [`sip:reception@${pbx.hostPort}`],
    uri: (_, { pbx }) => `sip:reception@${pbx.hostPort}`,
  },
  {
    name: 'a user with an escape',
    targets: ({ pbx }) => [`sip:annie%20b@${pbx.hostPort}`],
    uri: (_, { pbx }) => `sip:annie%20b@${pbx.hostPort}`,
  },
  {
    name: 'transport=udp',
    targets: ({ pbx }) => [`sip:${pbx.hostPort};transport=udp`],
    uri: filled,
    headers: { Via: /^SIP\/2\.0\/UDP / },
  },
  {
    name: 'transport=tcp',
    targets: ({ tcp }) => [`sip:desk@${tcp.hostPort};transport=tcp`],
    uri: (_, { tcp }) => `sip:desk@${tcp.hostPort};transport=tcp`,
    headers: { Via: /^SIP\/2\.0\/TCP /, Contact: /;transport=tcp>/ },
  },
  ...byName([
    {
      name: 'a host with a name',
      targets: ({ named }) => [`sip:localhost:${named.port}`],
      uri: (number, { named }) => `sip:${number}@localhost:${named.port}`,
    },
    {
      name: 'a name where TCP is refused, then an address',
      targets: ({ named }) => [
        `sip:localhost:${named.port};transport=tcp`,
        { sipUri: named.uri, priority: 20 },
      ],
      uri: (number, { named }) => `sip:${number}@${named.hostPort}`,
      attempts: ['uri1 next 0', 'uri2 answered 200 OK'],
    },
  ]),
  {
    name: 'X- headers of the URI',
    targets: ({ pbx }) => [`sip:${pbx.hostPort};transport=udp?X-site=a%26b%3B1&X-empty=&x-Other=two%20words`],
    uri: filled,
    headers: { 'X-site': 'a&b;1', 'X-empty': '', 'x-Other': 'two words' },
  },
  {
    name: 'headers that the carrier sends: none passes but those of the call itself',
    targets: ({ pbx }) => [`sip:${pbx.hostPort}?X-site=ours`],
    dial: () => ({
      headers: {
        'X-site': 'theirs',
        'X-secret': '1',
        Subject: 'offer',
        'P-Asserted-Identity': '<sip:+15550199@192.0.2.1>',
      },
    }),
    uri: filled,
    headers: { 'X-site': 'ours', 'P-Asserted-Identity': new RegExp(`^<sip:\\${CALLER}@`) },
    without: ['X-secret', 'Subject'],
  },
  {
    name: "the caller's display name",
    targets: bare,
    dial: fromName('"Ann \\"B\\" C"'),
    uri: filled,
    headers: { From: new RegExp(`^"Ann \\\\"B\\\\" C" <sip:\\${CALLER}@127\\.0\\.0\\.1`) },
  },
  {
    name: 'a display name without quotes',
    targets: bare,
    dial: fromName('Ann Other'),
    uri: filled,
    headers: { From: /^"?Ann Other"? <sip:/ },
  },
  {
    name: 'a caller without display name',
    targets: bare,
    uri: filled,
    headers: {
      From: new RegExp(`^<sip:\\${CALLER}@`),
      'P-Asserted-Identity': new RegExp(`^<sip:\\${CALLER}@`),
    },
  },
  {
    name: 'a caller that wants privacy',
    targets: bare,
    dial: () => ({ headers: { Privacy: 'id' } }),
    uri: filled,
    headers: { From: /^"Anonymous" <sip:anonymous@anonymous\.invalid>/, Privacy: 'id' },
    without: ['P-Asserted-Identity'],
  },
  {
    name: 'digits without plus, as many carriers send them',
    targets: bare,
    dial: to((number) => `sip:${lessPlus(number)}@127.0.0.1`),
    uri: filled,
  },
  {
    name: 'a Request-URI with any host and parameters',
    targets: bare,
    dial: to((number) => `sip:${number};npdi@edge.example.com:5080;user=phone`),
    uri: filled,
  },
  {
    name: 'a tel: URI',
    targets: bare,
    dial: (number) => ({ to: `tel:${number}`, from: `<sip:${CALLER}@192.0.2.1>` }),
    uri: filled,
  },
  { name: 'an edge that nobody knows: it is ignored', ...usedEdge('edge=atlantis') },
  { name: 'a region that nobody knows: it is ignored', ...usedEdge('region=nowhere1') },
  { name: 'the edge that the call is at', ...usedEdge('edge=local') },
  { name: 'the region that the call is at', ...usedEdge('region=home1') },
  {
    name: 'one URI at another edge: the others are used',
    targets: ({ pbx }) => [
      { sipUri: `sip:far@${pbx.hostPort};edge=ashburn`, priority: 1 },
      { sipUri: `sip:near@${pbx.hostPort}`, priority: 2 },
    ],
    uri: (_, { pbx }) => `sip:near@${pbx.hostPort}`,
    attempts: ['uri2 answered 200 OK'],
    trace: [...ROUTED.slice(0, -1), 'origination-route warn'],
  },
  {
    name: 'several priorities: the lowest first, whatever the order of the URIs, and never one that is switched off',
    targets: ({ pbx, refuser }) => [
      { sipUri: `sip:third@${pbx.hostPort}`, priority: 30 },
      { sipUri: `sip:500@${refuser.hostPort}`, priority: 20 },
      { sipUri: `sip:503@${refuser.hostPort}`, priority: 5, weight: 1 },
      { sipUri: `sip:off@${pbx.hostPort}`, priority: 0, weight: 65_535, enabled: false },
      { sipUri: `sip:never@${pbx.hostPort}`, priority: 31, weight: 65_535 },
    ],
    uri: (_, { pbx }) => `sip:third@${pbx.hostPort}`,
    attempts: ['uri3 next 503 Because 503', 'uri2 next 500 Because 500', 'uri1 answered 200 OK'],
  },
  {
    name: 'a URI that sets another header than X-: it is no target',
    targets: ({ pbx }) => [
      { sipUri: `sip:forged@${pbx.hostPort}?Diversion=%3Csip:1@x%3E`, priority: 1 },
      { sipUri: `sip:honest@${pbx.hostPort}`, priority: 2 },
    ],
    uri: (_, { pbx }) => `sip:honest@${pbx.hostPort}`,
    attempts: ['uri2 answered 200 OK'],
  },
  {
    name: 'a caller abroad of a trunk with cnamLookup: there is no name to look up',
    targets: bare,
    uri: filled,
  },
];

const numberOf = (index: number): string => `+155501${`${index}`.padStart(2, '0')}`;
const CNAM = ROUTES.length - 1;

const resources = (cast: Cast): Resource[] => [
  edge('ashburn', 'us1'),
  edge('local', 'home1'),
  ...ROUTES.flatMap(({ targets }, index) =>
    trunk(`t${index}`, {
      numbers: [numberOf(index)],
      targets: targets(cast),
      spec: { cnamLookup: index === CNAM },
    }),
  ),
];

/** What a call to a number becomes on its way to the PBX. */
describe.each(backends)('a call to a number, with %s media', (media) => {
  const stage = new OriginationStage();
  const calls: OutgoingCall[] = [];
  const records: CallRecord[] = [];
  let cast: Cast;

  beforeAll(async () => {
    cast = {
      pbx: await stage.gateway(HOST),
      tcp: await stage.gateway(HOST, { transport: 'tcp' }),
      named: await stage.gateway('127.0.0.1'),
      refuser: await stage.refuser(HOST),
    };
    await stage.open(resources(cast), media, CARRIER);
    for (const [index, { dial }] of ROUTES.entries())
      calls.push(stage.dial(numberOf(index), dial?.(numberOf(index))));
    records.push(...(await Promise.all(calls.map((call) => stage.delivered(call)))));
  }, START_MS);
  afterAll(() => stage.close(), STOP_MS);

  /** INVITEs for a number, by the Diversion that every one of them has. */
  const invites = (number: string): PeerMessage[] =>
    Object.values(cast as unknown as Record<string, SipPeer>)
      .flatMap((peer) => peer.received('INVITE'))
      .filter((invite) => userOf(uriOf(invite.header('Diversion'))) === number);

  it.each(ROUTES.map((route, index) => ({ ...route, index })))('$name', (route) => {
    const { index, uri, headers = {}, without = [], attempts = ['uri1 answered 200 OK'] } = route;
    const number = numberOf(index);
    const record = records[index] as CallRecord;
    expect(attemptsOf(record)).toEqual(attempts.map((attempt) => `t${index}-${attempt}`));
    expect(traceOf(record)).toEqual(route.trace ?? ROUTED);
    expect(record).toMatchObject({ trunk: `t${index}`, namespace: `t${index}`, to: number, from: CALLER });
    expect(record.warnings).toHaveLength(route.trace ? 1 : 0);

    const invite = invites(number).find((one) => one.uri === uri(number, cast)) as PeerMessage;
    expect(invites(number).map((one) => one.uri)).toContain(uri(number, cast));
    expect(invite.all('Diversion')).toEqual([`<sip:${number}@example.com>`]);
    for (const [name, value] of Object.entries(headers)) {
      const [first, ...more] = invite.all(name);
      expect(more).toEqual([]);
      if (typeof value === 'string') expect({ [name]: first }).toEqual({ [name]: value });
      else expect(first).toMatch(value);
    }
    for (const name of without) expect({ [name]: invite.all(name) }).toEqual({ [name]: [] });
  });

  it('is a call of its own for the PBX: other Call-ID, other tags, our media', () => {
    const [call] = calls as [OutgoingCall];
    const [invite] = invites(numberOf(0)) as [PeerMessage];
    expect(invite.callId).not.toBe(call.callId);
    expect(tagOf(invite.header('From'))).not.toBe(call.localTag);
    expect(invite.header('Max-Forwards')).toBe('69');
    expect(invite.body).toContain('c=IN IP4 127.0.0.1');
    expect(invite.body).not.toContain('m=audio 9 ');
    expect(invite.header('Record-Route')).toBe('');
    expect(invite.all('Via')).toHaveLength(1);
  });

  it('comes over TCP as well', async () => {
    const tcp = await stage.peer(CARRIER, { transport: 'tcp' });
    const record = await stage.delivered(
      tcp.invite({ to: numberOf(0), from: CALLER, sdp: sdp({ address: CARRIER, port: 9 }) }),
    );
    expect(record.source).toMatchObject({ address: CARRIER, transport: 'tcp' });
    expect(attemptsOf(record)).toEqual(['t0-uri1 answered 200 OK']);
  });

  it('has nothing left to do', async () => {
    await stage.up.expectIdle();
  }, 30_000);
});
