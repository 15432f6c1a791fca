// SPDX-License-Identifier: Apache-2.0
import { expect, it, jest } from '@jest/globals';
import { deleteBody, offerBody, answerBody } from '../media-policy/leg-flags.ts';
import { createNgClient, type NgCommand, type NgResult } from '../ng/ng-client.ts';
import { sdpBody } from '../rtp/index.ts';
import { onEachBackend } from './contract.ts';
import { openLossyPath } from './lossy-path.ts';

const CALLS = 1000;
const AT_ONCE = 40;
const LOSS = 0.05;
const SDP = sdpBody({ address: '127.0.0.1', port: 4000 });

function* numbers(count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield i;
}

onEachBackend(
  'the ng client, with 5 % of datagrams lost each way',
  (stage) => {
    it('completes 1,000 calls: each command once, none hanging, nothing on stdout', async () => {
      const written = jest.spyOn(console, 'log').mockImplementation(() => undefined);
      const [host = '', nodePort] = stage().backend.ng.split(':');
      const path = await openLossyPath(Number(nodePort), LOSS, 20_24);
      const errors: unknown[] = [];
      const client = createNgClient((error) => errors.push(error));
      const failed: string[] = [];
      const ask = async (command: NgCommand, body: Record<string, unknown>): Promise<NgResult> => {
        const result = await client.command({ host, port: path.port }, command, body);
        if (result.outcome !== 'ok')
          failed.push(`${command} ${String(body['call-id'])}: ${result.outcome} ${result.reason}`);
        return result;
      };
      const waiting = numbers(CALLS);
      let ended = 0;
      const callAfterCall = async (): Promise<void> => {
        for (const number of waiting) {
          const legs = { caller: { symmetricRtp: true }, callee: { symmetricRtp: true } };
          const session = { callId: `loss-${number}`, legs, codecs: ['PCMU'] };
          await ask('offer', offerBody(session, { from: 'caller', sdp: SDP, peerKnown: false }));
          await ask('answer', answerBody(session, { from: 'callee', sdp: SDP }));
          const deleted = await ask('delete', deleteBody(session.callId));
          // A delete that is executed twice comes back with a warning in place of the statistics.
          if (deleted.outcome === 'ok' && 'tags' in deleted.reply && !('warning' in deleted.reply)) ended++;
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, callAfterCall));

      expect(failed).toEqual([]);
      expect(ended).toBe(CALLS);
      expect(errors).toEqual([]);
      expect(written).not.toHaveBeenCalled();
      // The path did lose what it should: 5 % of at least 3,000 each way.
      expect(path.dropped.requests).toBeGreaterThan(100);
      expect(path.dropped.replies).toBeGreaterThan(100);
      expect(await stage().command('list', { limit: 1000 })).toMatchObject({
        outcome: 'ok',
        reply: { calls: [] },
      });
      client.close();
      await path.close();
      written.mockRestore();
    }, 60_000);
  },
  { ports: 800, maxSessions: 200 },
);
