// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tortureMessages, type EdgeAnswer, type TortureMessage } from '@trunkline/sip-engine/torture';
import { SipPeer, startTrunkline, trunk, type Trunkline } from '../src/index.ts';
import { edgeAnswer } from './torture.fixture.ts';
import { torturePage } from './torture-page.fixture.ts';

const PAGE = fileURLToPath(new URL('../../docs/reference/torture.md', import.meta.url));

/** One edge for each transport: a message that comes again over the other would be taken for a repeat. */
const edges = {} as Record<'udp' | 'tcp', Trunkline>;
const seen = { udp: new Map<string, EdgeAnswer>(), tcp: new Map<string, EdgeAnswer>() };

beforeAll(async () => {
  const manifests = trunk('acme', { acl: ['127.0.0.3/32'], numbers: ['+15550100'] });
  edges.udp = await startTrunkline({ manifests });
  edges.tcp = await startTrunkline({ manifests });
}, 120_000);
afterAll(async () => {
  await edges.udp.stop();
  await edges.tcp.stop();
}, 30_000);

/** Each from an address of its own: what one source may send has limits, and is not the subject here. */
const askAll = async (transport: 'udp' | 'tcp') => {
  await Promise.all(
    tortureMessages.map(async ({ name, bytes }, n) => {
      const address = `127.${transport === 'udp' ? 44 : 45}.75.${n + 1}`;
      seen[transport].set(
        name,
        await edgeAnswer({ name, bytes, transport, address, to: edges[transport].sip }),
      );
    }),
  );
};

const answersOf = (transport: 'udp' | 'tcp') => Object.fromEntries(seen[transport]);

const expected = (pick: (message: TortureMessage) => EdgeAnswer) =>
  Object.fromEntries(tortureMessages.map((message) => [message.name, pick(message)]));

describe('RFC 4475 on a running edge', () => {
  it('over UDP', async () => {
    await askAll('udp');
    expect(answersOf('udp')).toEqual(expected(({ udp }) => udp));
  }, 60_000);

  it('over TCP', async () => {
    await askAll('tcp');
    expect(answersOf('tcp')).toEqual(expected(({ udp, tcp }) => tcp ?? udp));
  }, 60_000);

  it.each(['udp', 'tcp'] as const)(
    'over %s leaves nothing behind, and the edge works',
    async (transport) => {
      const up = edges[transport];
      await up.expectIdle(20_000);
      const peer = await SipPeer.open({ address: '127.0.0.3', proxy: up.sip });
      const answer = await peer.request({ method: 'OPTIONS', uri: 'sip:acme.pstn.example.com' });
      await peer.close();
      expect(answer.status).toBe(200);
    },
    30_000,
  );

  it('is as docs/reference/torture.md says (UPDATE_DOCS=1 writes it)', () => {
    const page = torturePage(seen);
    if (process.env.UPDATE_DOCS === '1') writeFileSync(PAGE, page);
    expect(readFileSync(PAGE, 'utf8')).toBe(page);
  });
});
