// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { parseFlags, takeFlags } from './flags.ts';

const SHARED = { namespace: { type: 'string', short: 'n' }, all: { type: 'boolean', short: 'A' } } as const;

describe('shared flags', () => {
  it.each<[string[], object, string[]]>([
    [['-n', 'acme', '--json'], { namespace: 'acme' }, ['--json']],
    [['--namespace=acme', '--limit', '5', 'CA12'], { namespace: 'acme' }, ['--limit', '5', 'CA12']],
    [['--from', '+15550100', '-A', '--to=sip:a@b'], { all: true }, ['--from', '+15550100', '--to=sip:a@b']],
    [['--calls', '-1'], {}, ['--calls', '-1']],
    [[], {}, []],
  ])('of %j are taken, the others left as they are', (argv, values, rest) => {
    const taken = takeFlags(argv, SHARED);
    expect({ ...taken.values }).toEqual(values);
    expect(taken.rest).toEqual(rest);
  });

  it.each([
    [['--namespace'], /--namespace needs a value/],
    [['-n'], /-n needs a value/],
    [['--all=yes'], /--all takes no value/],
  ])('%j is refused', (argv, says) => {
    expect(() => takeFlags(argv, SHARED)).toThrow(says);
  });

  it('leave what the command itself understands', () => {
    const { rest } = takeFlags(['--limit', '5', '-n', 'acme'], SHARED);
    expect({ ...parseFlags(rest, { limit: { type: 'string' } }) }).toEqual({ limit: '5' });
  });
});
