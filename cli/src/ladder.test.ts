// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { CallRecord, LadderEntry } from '@trunkline/sip-proxy/records';
import { renderLadder } from './ladder.ts';

const entry = (ms: number, peer: string, direction: 'in' | 'out', summary: string): LadderEntry => ({
  at: new Date(Date.UTC(2026, 0, 5) + ms).toISOString(),
  peer,
  direction,
  summary,
});

const recordWith = (ladder: LadderEntry[], callees = 2): CallRecord =>
  ({
    edge: 'local',
    source: { address: '203.0.113.7', port: 5060, transport: 'udp' },
    attempts: Array.from({ length: callees }, (_, n) => ({
      uri: `sip:+15550111@192.0.2.${10 + n}:5060;transport=udp`,
    })),
    ladder,
  }) as CallRecord;

const call = recordWith([
  entry(0, 'caller', 'in', 'INVITE sip:+15550111@acme.pstn.example.com'),
  entry(1, 'caller', 'out', '100 Trying'),
  entry(12, 'callee1', 'out', 'INVITE sip:+15550111@192.0.2.10'),
  entry(34, 'callee1', 'in', '503 Service Unavailable'),
  entry(35, 'callee2', 'out', 'INVITE sip:+15550111@192.0.2.11'),
  entry(2036, 'callee2', 'in', '200 OK'),
  entry(2040, 'caller', 'out', '200 OK'),
]);

describe('renderLadder', () => {
  it('draws a column for each participant and an arrow for each message', () => {
    expect(renderLadder(call, { width: 92 }).split('\n')).toEqual([
      '           caller                trunkline               callee1                callee2',
      '    203.0.113.7:5060/udp           local             192.0.2.10:5060        192.0.2.11:5060',
      '    +0.000    │── INVITE sip:+1555… ▶│                      │                      │',
      '    +0.001    │◀─ 100 Trying ────────│                      │                      │',
      '    +0.012    │                      │── INVITE sip:+1555… ▶│                      │',
      '    +0.034    │                      │◀─ 503 Service Unav… ─│                      │',
      '    +0.035    │                      │── INVITE sip:+1555… ─┼─────────────────────▶│',
      '    +2.036    │                      │◀─ 200 OK ────────────┼──────────────────────│',
      '    +2.040    │◀─ 200 OK ────────────│                      │                      │',
      '',
    ]);
  });

  it('uses ASCII alone where asked to', () => {
    const text = renderLadder(
      recordWith([entry(0, 'caller', 'in', 'INVITE sip:zoë@acme.pstn.example.com')]),
      { ascii: true },
    );
    expect(text).toMatch(/^[\n\x20-\x7e]*$/);
    expect(text).toContain('|-- INVITE sip:zo?@acme.pstn.example.com');
    expect(text).toContain('->|');
  });

  it('keeps to the width where it can', () => {
    for (const width of [80, 92, 100, 140]) {
      const longest = Math.max(
        ...renderLadder(call, { width })
          .split('\n')
          .map((line) => line.length),
      );
      expect(longest).toBeLessThanOrEqual(width);
    }
    expect(renderLadder(call, { width: 200 })).toContain('INVITE sip:+15550111@acme.pstn.example.…');
  });

  it('shows only callees that took part, in the order of the attempts', () => {
    const heading = renderLadder(
      recordWith(
        [
          entry(0, 'caller', 'in', 'INVITE'),
          entry(1, 'callee10', 'out', 'INVITE'),
          entry(2, 'callee2', 'out', 'INVITE'),
        ],
        10,
      ),
    ).split('\n')[0];
    expect(heading?.trim().split(/\s+/)).toEqual(['caller', 'trunkline', 'callee2', 'callee10']);
  });

  it('does not let a header steer the terminal', () => {
    expect(renderLadder(recordWith([entry(0, 'caller', 'in', 'X\u001b[2J\u202ey')]))).toContain('X?[2J?y');
  });

  it('is empty where no message is known', () => {
    expect(renderLadder(recordWith([]))).toBe('');
  });
});
