// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { parseBenchOptions } from '../bench/options.ts';
import { cpuMs, machineMs, ofEach, perCall, residentMb, waitedMs } from '../bench/process-usage.ts';
import { roundText } from '../bench/report.ts';
import type { Round } from '../bench/round.ts';
import { faults } from '../bench/verdict.ts';

const load = { rate: 200, seconds: 60 };
const latency = { p50: 12, p99: 40, max: 90 };
const direct = { p50: 4, p99: 8, max: 20 };
const good: Round = {
  calls: { created: 12_000, completed: 12_000, failed: 0, failures: {} },
  reached: 199.6,
  retransmissions: { caller: 0, callee: 0, engine: 0 },
  cpuMsPerCall: { 'sip-engine': 1.5, 'sip-proxy': 2 },
  waitedMsPerCall: { 'sip-engine': 0.1, 'sip-proxy': 0.2 },
  machine: { busy: 0.7, stolen: 0 },
  rssMb: { before: { 'sip-engine': 100 }, after: { 'sip-engine': 300 } },
  latency,
  notIdle: '',
  errors: '',
};

describe('the flags of the bench', () => {
  it('are 200 calls a second for a minute on rtpengine, where none is given', () => {
    expect(parseBenchOptions([])).toMatchObject({
      rate: 200,
      seconds: 60,
      hold: 5,
      rounds: 1,
      media: 'rtpengine',
    });
  });

  it('take what fits into the embedded relay', () => {
    expect(parseBenchOptions(['--media', 'embedded'])).toMatchObject({ rate: 16, media: 'embedded' });
    expect(() => parseBenchOptions(['--media', 'embedded', '--rate', '200'])).toThrow(
      /100 calls at one time/,
    );
  });

  it.each([
    [['--rate', '0'], /--rate "0"/],
    [['--hold', '1.5'], /--hold "1.5"/],
    [['--seconds', '9'], /steady window: write 10/],
    [['--media', 'none'], /--media "none"/],
    [['--speed', '1'], /--speed/],
  ])('%j are refused', (argv, message) => {
    expect(() => parseBenchOptions(argv)).toThrow(message);
  });
});

describe('a round', () => {
  it('passes where every call ended well and nothing is left', () => {
    expect(faults(good, load)).toEqual([]);
    expect(roundText(good, direct, [])).toMatch(
      /sip-proxy +2\.00 +0\.20[^]*together +3\.50 +0\.30[^]*all zero/,
    );
  });

  it.each([
    [
      { calls: { ...good.calls, failed: 1, failures: { UnexpectedMessage: 1 } } },
      /1 calls failed.*UnexpectedMessage/,
    ],
    [{ calls: { ...good.calls, completed: 11_999 } }, /11999 of 12000/],
    [{ retransmissions: { ...good.retransmissions, caller: 1 } }, /sent again by the caller/],
    [{ retransmissions: { ...good.retransmissions, engine: 2 } }, /2 messages were sent again by the engine/],
    [{ reached: 190 }, /190\.0 calls a second, not 200/],
    [{ notIdle: 'not idle: {"proxy":1}' }, /"proxy":1/],
  ] as [Partial<Round>, RegExp][])('fails with %j', (change, message) => {
    const found = faults({ ...good, ...change }, load);
    expect(found).toEqual([expect.stringMatching(message)]);
    expect(roundText({ ...good, ...change }, direct, found)).toMatch(/FAILED\n/);
  });
});

describe('what a process has used', () => {
  it('grows with its work', () => {
    const [cpu, machine] = [cpuMs(process.pid), machineMs()];
    const until = cpu + 50;
    while (cpuMs(process.pid) < until);
    expect(machineMs().total).toBeGreaterThan(machine.total);
    expect(waitedMs(process.pid)).toBeGreaterThanOrEqual(0);
    expect(residentMb(process.pid)).toBeGreaterThan(10);
  });

  it('is told per call, by process', () => {
    const ms = (value: number) => ofEach({ engine: 1, proxy: 2 }, (pid) => pid * value);
    expect(perCall(ms(100), ms(400), 100)).toEqual({ engine: 3, proxy: 6 });
    expect(perCall(ms(100), ms(400), 0)).toEqual({ engine: 0, proxy: 0 });
  });
});
