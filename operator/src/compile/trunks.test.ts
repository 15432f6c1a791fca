// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { compiled, conditionOf, reasons, resource, trunk, trunkEntryOf, accountEntryOf } from './fixtures.ts';

const authentication = { ipAccessControlLists: ['office'], credentialLists: ['pbx'] };

describe('a trunk', () => {
  it('has the defaults of DESIGN §3 and §4', () => {
    const entry = trunkEntryOf(compiled([trunk('acme/main')]), 'acme/main');
    expect(entry).toMatchObject({
      friendlyName: 'main',
      failover: {
        answerTimeoutMs: 4000,
        finalCodes: ['400', '404', '405', '410', '416', '482', '484', '486', '6xx'],
      },
      limits: { maxCallDurationSeconds: 86_400 },
      transfer: { mode: 'disable-all', callerId: 'from-transferee' },
      recording: { mode: 'do-not-record', trim: 'do-not-trim' },
      secure: false,
      symmetricRtp: false,
    });
    expect(entry?.sid).toMatch(/^TK[0-9a-f]{32}$/);
  });

  it('keeps a missing list, empty, so that it lets nobody in', () => {
    const result = compiled([
      resource('Trunk', 'a/x', { termination: { domainName: 'acme', authentication } }),
    ]);
    expect(trunkEntryOf(result, 'a/x')?.ipAccessControlLists).toMatchObject([{ key: 'a/office', cidrs: [] }]);
    expect(trunkEntryOf(result, 'a/x')?.credentialLists).toEqual(['a/pbx']);
    expect(conditionOf(result, 'Trunk/a/x', 'ResolvedRefs')).toBe('False ListNotFound');
    expect(conditionOf(result, 'Trunk/a/x', 'Ready')).toBe('False ListNotFound');
    expect(reasons(result, 'Trunk/a/x')).toEqual(['ListNotFound', 'ListNotFound']);
  });

  it('waits for the proxies before it is ready', () => {
    const result = compiled([trunk('a/x')]);
    expect(conditionOf(result, 'Trunk/a/x', 'Programmed')).toBe('Unknown Pending');
    expect(conditionOf(result, 'Trunk/a/x', 'Ready')).toBe('Unknown Pending');
    expect(conditionOf(result, 'Trunk/a/x', 'Stalled')).toBe('False NotStalled');
  });

  it('warns of a domain that nobody can use and of numbers that ring nowhere', () => {
    const result = compiled([
      trunk('a/x', 'acme'),
      resource('PhoneNumber', 'a/n', { number: '+15550100', trunkRef: { name: 'x' } }),
    ]);
    expect(reasons(result, 'Trunk/a/x')).toEqual(['NoAuthentication', 'NoOriginationUri']);
    expect(conditionOf(result, 'Trunk/a/x', 'Accepted')).toBe('True Accepted');
  });

  it('lists its host names, the general one first', () => {
    const edge = resource('Edge', 'ashburn', {
      legacyRegion: 'us1',
      signalling: { addresses: ['198.51.100.4'] },
    });
    const result = compiled([trunk('a/x', 'acme'), edge]);
    expect(result.statuses.get('Trunk/a/x')?.terminationUris).toEqual([
      'acme.pstn.example.com',
      'acme.pstn.ashburn.example.com',
      'acme.pstn.us1.example.com',
    ]);
  });

  it('is held back where the account, or one above it, is suspended', () => {
    const result = compiled([
      resource('Account', 'top', { namespace: 'top', suspended: true }),
      resource('Account', 'a', { namespace: 'a', parent: 'top' }),
      trunk('a/x'),
    ]);
    expect(conditionOf(result, 'Trunk/a/x', 'Ready')).toBe('False AccountSuspended');
    expect(conditionOf(result, 'Trunk/a/x', 'Accepted')).toBe('True Accepted');
    expect(accountEntryOf(result, 'a')).toMatchObject({ suspended: true, parent: 'top' });
  });
});

describe('origination URIs', () => {
  const uri = (name: string, spec: object, age = 0) =>
    resource('OriginationUri', `a/${name}`, { trunkRef: { name: 'x' }, ...spec }, { age });

  it('become targets with everything decoded', () => {
    const result = compiled([
      trunk('a/x'),
      uri('one', {
        sipUri: 'sip:desk%20one@pbx.example:5070;transport=tcp?X-site=a%26b',
        priority: 1,
        weight: 60,
      }),
    ]);
    expect(trunkEntryOf(result, 'a/x')?.originationTargets).toMatchObject([
      {
        key: 'a/one',
        user: 'desk one',
        host: 'pbx.example',
        port: 5070,
        transport: 'tcp',
        headers: [{ name: 'X-site', value: 'a&b' }],
        priority: 1,
        weight: 60,
      },
    ]);
  });

  it('use TLS for sips and on a secure trunk', () => {
    const secure = compiled([
      resource('Trunk', 'a/x', { secure: true }),
      uri('one', { sipUri: 'sip:pbx.example;transport=udp' }),
    ]);
    expect(trunkEntryOf(secure, 'a/x')?.originationTargets[0]?.transport).toBe('tls');
    const sips = compiled([trunk('a/x'), uri('one', { sipUri: 'sips:pbx.example' })]);
    expect(trunkEntryOf(sips, 'a/x')?.originationTargets[0]?.transport).toBe('tls');
  });

  it('count ten, the oldest, switched off or not', () => {
    const uris = Array.from({ length: 11 }, (_unused, index) =>
      uri(`u${index}`, { sipUri: `sip:pbx${index}.example`, enabled: index !== 10 }, index),
    );
    const result = compiled([trunk('a/x'), ...uris]);
    const targets = trunkEntryOf(result, 'a/x')?.originationTargets.map(({ key }) => key);
    expect(targets).toHaveLength(9);
    expect(targets).not.toContain('a/u0');
    expect(conditionOf(result, 'OriginationUri/a/u0', 'Accepted')).toBe('False TooManyUris');
    expect(result.statuses.get('Trunk/a/x')?.originationUris).toBe(10);
  });

  it('name an edge by name or legacy region; an unknown one is ignored and said', () => {
    const edge = resource('Edge', 'ashburn', {
      legacyRegion: 'us1',
      signalling: { addresses: ['198.51.100.4'] },
    });
    const result = compiled([
      trunk('a/x'),
      edge,
      uri('one', { sipUri: 'sip:a.example;edge=ashburn' }),
      uri('two', { sipUri: 'sip:b.example;region=us1' }),
      uri('three', { sipUri: 'sip:c.example;edge=nowhere' }),
    ]);
    const edges = trunkEntryOf(result, 'a/x')?.originationTargets.map((target) => [target.host, target.edge]);
    expect(Object.fromEntries(edges ?? [])).toEqual({
      'a.example': 'ashburn',
      'b.example': 'ashburn',
      'c.example': undefined,
    });
    expect(reasons(result, 'OriginationUri/a/three')).toEqual(['UnknownEdge']);
    expect(conditionOf(result, 'OriginationUri/a/three', 'Ready')).toBe('True Ready');
  });

  it('say that their trunk is missing', () => {
    const result = compiled([uri('one', { sipUri: 'sip:a.example' })]);
    expect(conditionOf(result, 'OriginationUri/a/one', 'ResolvedRefs')).toBe('False TrunkNotFound');
  });
});

describe('one bad resource', () => {
  it('harms no other, and says so itself', () => {
    const broken = { ...trunk('a/broken', 'broken'), spec: undefined } as unknown as ReturnType<typeof trunk>;
    const unreadable = {
      ...resource('OriginationUri', 'a/u', { trunkRef: { name: 'x' }, sipUri: 'sip:pbx.example' }),
      spec: { trunkRef: { name: 'x' }, sipUri: 'pbx', enabled: true },
    } as ReturnType<typeof trunk>;
    const result = compiled([broken, unreadable, trunk('a/x', 'acme')]);
    expect(trunkEntryOf(result, 'a/x')?.domainName).toBe('acme');
    expect(trunkEntryOf(result, 'a/broken')).toBeUndefined();
    expect(conditionOf(result, 'Trunk/a/broken', 'Accepted')).toBe('False NotCompiled');
    expect(conditionOf(result, 'OriginationUri/a/u', 'Accepted')).toBe('False InvalidUri');
  });
});
