// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from '@jest/globals';
import type { TargetPlace } from '@trunkline/crds';
import { Prober, type ProberOptions } from './prober.ts';
import type { Evidence } from './target-state.ts';

const place = (host: string): [string, TargetPlace] => [`udp/${host}`, { host, transport: 'udp' }];
const answer: Evidence = { source: 'probe', result: 'answer' };

const running: Prober[] = [];
const start = (options: Partial<ProberOptions>): Prober => {
  const prober = new Prober({
    intervalMs: 20,
    targets: () => new Map([place('a'), place('b')]),
    connected: () => true,
    ask: () => Promise.resolve(answer),
    health: { heard: () => undefined, keep: () => undefined },
    ...options,
  });
  running.push(prober);
  prober.start();
  return prober;
};
afterEach(() => {
  for (const prober of running.splice(0)) prober.stop();
});

/** What was heard, until there are so many. */
const heard = async (count: number, options: Partial<ProberOptions> = {}): Promise<string[]> => {
  const addresses: string[] = [];
  const enough = Promise.withResolvers<undefined>();
  start({
    ...options,
    health: {
      heard: (address) => {
        addresses.push(address);
        if (addresses.length === count) enough.resolve(undefined);
      },
      keep: () => undefined,
    },
  });
  await enough.promise;
  return addresses;
};

describe('probing', () => {
  it('asks each target once in a round, one after the other', async () => {
    expect(await heard(5)).toEqual(['udp/a', 'udp/b', 'udp/a', 'udp/b', 'udp/a']);
  });

  it('spreads the targets over the round', async () => {
    const times: number[] = [];
    const ask = () => {
      times.push(performance.now());
      return Promise.resolve(answer);
    };
    await heard(3, { intervalMs: 100, ask });
    const [first = 0, second = 0] = times;
    expect(second - first).toBeGreaterThan(40);
  });

  it('follows the configuration, and has what is gone forgotten', async () => {
    let round = 0;
    const kept: string[][] = [];
    const forgotten = Promise.withResolvers<undefined>();
    start({
      targets: () => new Map((round += 1) === 1 ? [place('a'), place('b')] : [place('b')]),
      health: {
        heard: () => undefined,
        keep: (addresses) => {
          if (kept.push([...addresses]) === 2) forgotten.resolve(undefined);
        },
      },
    });
    await forgotten.promise;
    expect(kept.slice(0, 2)).toEqual([['udp/a', 'udp/b'], ['udp/b']]);
  });

  it('is silent without an engine, and with an interval of 0', async () => {
    const asked: string[] = [];
    const ask = ({ host }: TargetPlace) => {
      asked.push(host);
      return Promise.resolve(answer);
    };
    let connected = false;
    start({ ask, intervalMs: 0 });
    // Two rounds go by before the engine is there.
    let rounds = 0;
    const targets = () => {
      if ((rounds += 1) === 3) connected = true;
      return new Map([place('c')]);
    };
    await heard(1, { ask, targets, connected: () => connected, intervalMs: 5 });
    expect(rounds).toBe(3);
    expect(asked).toEqual(['c']);
  });

  it('does not hold an answer against a target that comes when the engine is gone', async () => {
    let connected = true;
    const late = Promise.withResolvers<Evidence>();
    const asked = Promise.withResolvers<undefined>();
    const addresses: string[] = [];
    start({
      connected: () => connected,
      ask: () => {
        asked.resolve(undefined);
        return late.promise;
      },
      health: { heard: (address) => addresses.push(address), keep: () => undefined },
    });
    await asked.promise;
    connected = false;
    late.resolve({ source: 'probe', result: 'failure', error: 'gone' });
    await late.promise;
    expect(addresses).toEqual([]);
  });
});
