// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Protocol } from '../transaction/contract.ts';
import { createResolver, type ResolverOptions } from './create-resolver.ts';
import type { NameServer, NaptrTarget, SrvTarget } from './name-server.ts';

/** A name server of three tables; a name in `failing` gets no answer. */
class Zone implements NameServer {
  readonly asked: string[] = [];
  readonly failing = new Set<string>();
  readonly hosts: Record<string, string[]> = {
    'a.example': ['192.0.2.1'],
    'b.example': ['192.0.2.2', '2001:db8::2'],
  };
  readonly services: Record<string, SrvTarget[]> = {};
  readonly pointers: Record<string, NaptrTarget[]> = {};

  srv(name: string): Promise<SrvTarget[]> {
    return this.#answer('SRV', name, this.services[name] ?? []);
  }

  naptr(domain: string): Promise<NaptrTarget[]> {
    return this.#answer('NAPTR', domain, this.pointers[domain] ?? []);
  }

  addresses(host: string): Promise<string[]> {
    return this.#answer('A', host, this.hosts[host] ?? []);
  }

  #answer<T>(type: string, name: string, records: T[]): Promise<T[]> {
    this.asked.push(`${type} ${name}`);
    if (!this.failing.has(name)) return Promise.resolve(records);
    return Promise.reject(Object.assign(new Error('query failed'), { code: 'ETIMEOUT' }));
  }
}

const srv = (name: string, port = 5060, priority = 10): SrvTarget => ({ name, port, priority, weight: 10 });

describe('the next hop of a URI (RFC 3263)', () => {
  let zone: Zone;
  let resolve: (uri: string) => Promise<string[]>;

  function start(options: ResolverOptions = {}): void {
    const resolver = createResolver({ nameServer: zone, ...options });
    resolve = async (uri) => {
      const hops = await resolver.resolve(uri);
      return hops.map(
        ({ protocol, address, port, serverName }) =>
          `${protocol} ${address} ${port}${serverName === undefined ? '' : ` (${serverName})`}`,
      );
    };
  }

  beforeEach(() => {
    zone = new Zone();
    start();
  });

  it.each([
    ['sip:192.0.2.7', 'udp 192.0.2.7 5060'],
    ['sip:x@192.0.2.7:5080;transport=TCP', 'tcp 192.0.2.7 5080'],
    ['sip:[2001:db8::7]:5070', 'udp 2001:db8::7 5070'],
  ])('%s is taken as it is, and nobody is asked', async (uri, hop) => {
    expect(await resolve(uri)).toEqual([hop]);
    expect(zone.asked).toEqual([]);
  });

  it('with a port is every address of the host, in any spelling, and no SRV', async () => {
    zone.services['_sip._udp.b.example'] = [srv('a.example')];
    expect(await resolve('sip:B.example.:5080')).toEqual(['udp 192.0.2.2 5080', 'udp 2001:db8::2 5080']);
    expect(zone.asked).toEqual(['A b.example']);
  });

  it('with a transport is what SRV of that transport says', async () => {
    zone.services['_sip._tcp.example.com'] = [srv('b.example', 5090, 20), srv('a.example', 5080, 10)];
    expect(await resolve('sip:+15550100@example.com;transport=tcp')).toEqual([
      'tcp 192.0.2.1 5080',
      'tcp 192.0.2.2 5090',
      'tcp 2001:db8::2 5090',
    ]);
    expect(zone.asked).not.toContain('NAPTR example.com');
  });

  it('without SRV, or where SRV gets no answer, is every address', async () => {
    expect(await resolve('sip:a.example;transport=tcp')).toEqual(['tcp 192.0.2.1 5060']);
    zone.failing.add('_sip._udp.b.example');
    expect(await resolve('sip:b.example;transport=udp')).toEqual([
      'udp 192.0.2.2 5060',
      'udp 2001:db8::2 5060',
    ]);
  });

  it('passes over a target that has no address or gets no answer', async () => {
    zone.services['_sip._udp.example.com'] = [
      srv('gone.example', 1, 1),
      srv('dead.example', 2, 2),
      srv('a.example', 3, 3),
    ];
    zone.failing.add('dead.example');
    expect(await resolve('sip:example.com;transport=udp')).toEqual(['udp 192.0.2.1 3']);
  });

  it('is no hop at all where the domain says that it has no such service', async () => {
    zone.hosts['example.com'] = ['192.0.2.9'];
    zone.services['_sip._tcp.example.com'] = [srv('', 0)];
    await expect(resolve('sip:example.com;transport=tcp')).rejects.toThrow(
      'DNS: example.com offers no SIP over tcp',
    );
  });

  it('is reached by TCP where the domain says that it has no UDP', async () => {
    zone.services['_sip._udp.example.com'] = [srv('', 0)];
    zone.services['_sip._tcp.example.com'] = [srv('a.example')];
    expect(await resolve('sip:example.com')).toEqual(['tcp 192.0.2.1 5060']);
  });

  it('without transport and port follows NAPTR in its order, as far as we speak it', async () => {
    const naptr = (order: number, service: string, flags: string, replacement: string): NaptrTarget => ({
      order,
      preference: 10,
      flags,
      service,
      replacement,
    });
    zone.pointers['example.com'] = [
      naptr(30, 'SIP+D2U', 's', '_sip._udp.example.com'),
      naptr(20, 'sip+d2t', 'A', 'b.example'),
      naptr(10, 'SIPS+D2T', 's', '_sips._tcp.example.com'),
      naptr(5, 'SIP+D2W', 's', '_sip._ws.example.com'),
    ];
    zone.services['_sip._udp.example.com'] = [srv('a.example', 5080)];
    zone.services['_sips._tcp.example.com'] = [srv('a.example', 5071)];
    expect(await resolve('sip:example.com')).toEqual([
      'tcp 192.0.2.2 5060',
      'tcp 2001:db8::2 5060',
      'udp 192.0.2.1 5080',
    ]);
    start({ protocols: new Set<Protocol>(['udp', 'tls']) });
    expect(await resolve('sip:example.com')).toEqual([
      'tls 192.0.2.1 5071 (example.com)',
      'udp 192.0.2.1 5080',
    ]);
    expect(await resolve('sips:example.com')).toEqual(['tls 192.0.2.1 5071 (example.com)']);
  });

  it('names the domain that a TLS peer must prove to be, not the target of its SRV (RFC 5922)', async () => {
    start({ protocols: new Set<Protocol>(['udp', 'tls']) });
    zone.services['_sips._tcp.example.com'] = [srv('a.example', 5062)];
    expect(await resolve('sip:example.com;transport=tls')).toEqual(['tls 192.0.2.1 5062 (example.com)']);
    expect(await resolve('sips:a.example')).toEqual(['tls 192.0.2.1 5061 (a.example)']);
    expect(await resolve('sips:a.example:5071;transport=tcp')).toEqual(['tls 192.0.2.1 5071 (a.example)']);
    expect(await resolve('sips:192.0.2.1')).toEqual(['tls 192.0.2.1 5061']);
  });

  it.each([
    ['sip:a.example;transport=tls', 'TLS is not set up here'],
    ['sips:a.example', 'TLS is not set up here'],
    ['sip:a.example;transport=ws', 'transport=ws is not available: use udp or tcp'],
    ['tel:+15550100', 'no next hop'],
    ['sip:nowhere.example', 'DNS: no address for nowhere.example'],
  ])('%s is refused in words', async (uri, text) => {
    await expect(resolve(uri)).rejects.toThrow(text);
  });

  it('says which name got no answer, and why', async () => {
    zone.failing.add('dead.example');
    await expect(resolve('sip:dead.example:5060')).rejects.toThrow(
      'DNS: no answer for dead.example (ETIMEOUT)',
    );
  });

  it('gives at most sixteen hops', async () => {
    zone.hosts['many.example'] = Array.from({ length: 40 }, (_, n) => `192.0.2.${n}`);
    expect(await resolve('sip:many.example:5060')).toHaveLength(16);
  });

  it('asks again after the time of the answer, and lives on the old one while nobody answers', async () => {
    let now = 0;
    start({ now: () => now });
    await resolve('sip:a.example:5060');
    now = 29_999;
    await resolve('sip:a.example:5070');
    expect(zone.asked).toEqual(['A a.example']);
    now = 30_000;
    zone.failing.add('a.example');
    expect(await resolve('sip:a.example:5060')).toEqual(['udp 192.0.2.1 5060']);
    expect(zone.asked).toHaveLength(2);
    now = 3_600_001;
    await expect(resolve('sip:a.example:5060')).rejects.toThrow('ETIMEOUT');
  });

  it('draws by weight anew for each call, from one answer', async () => {
    const draws = [0, 0, 0.99, 0];
    start({ random: () => draws.shift() ?? 0 });
    zone.services['_sip._udp.example.com'] = [srv('a.example'), srv('b.example')];
    expect((await resolve('sip:example.com;transport=udp'))[0]).toBe('udp 192.0.2.1 5060');
    expect((await resolve('sip:example.com;transport=udp'))[0]).toBe('udp 192.0.2.2 5060');
    expect(zone.asked.filter((question) => question.startsWith('SRV'))).toHaveLength(1);
  });
});
