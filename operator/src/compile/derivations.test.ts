// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Derivations, type Query } from './derivations.ts';

let ran: string[] = [];
beforeEach(() => {
  ran = [];
});

function counted<T>(query: Query<T>): Query<T> {
  return {
    name: query.name,
    compute: (argument, read) => {
      ran.push(`${query.name} ${argument}`);
      return query.compute(argument, read);
    },
  };
}

const parity = counted<string>({
  name: 'parity',
  compute: (cell, read) => (((read.input(cell) as number | undefined) ?? 0) % 2 === 0 ? 'even' : 'odd'),
});
const sentence = counted<string>({
  name: 'sentence',
  compute: (cell, read) => `${cell} is ${read.derive(parity, cell)}`,
});

describe('derivations', () => {
  it('compute once and again only after a change below', () => {
    const derivations = new Derivations();
    derivations.pin(sentence, 'a');
    derivations.pin(sentence, 'b');
    derivations.set('a', 1);
    derivations.derive(sentence, 'a');
    derivations.derive(sentence, 'b');
    ran = [];
    derivations.set('a', 2);
    expect(derivations.derive(sentence, 'a')).toBe('a is even');
    derivations.derive(sentence, 'b');
    expect(ran).toEqual(['parity a', 'sentence a']);
  });

  it('stop where a result stays equal', () => {
    const derivations = new Derivations();
    derivations.pin(sentence, 'a');
    derivations.set('a', 1);
    derivations.derive(sentence, 'a');
    ran = [];
    derivations.set('a', 3);
    expect(derivations.derive(sentence, 'a')).toBe('a is odd');
    expect(ran).toEqual(['parity a']);
  });

  it('list what may have changed among the pinned', () => {
    const derivations = new Derivations();
    derivations.pin(sentence, 'a');
    derivations.pin(sentence, 'b');
    expect(derivations.takeStale()).toEqual(['sentence a', 'sentence b']);
    derivations.derive(sentence, 'a');
    derivations.derive(sentence, 'b');
    derivations.set('b', 5);
    expect(derivations.takeStale()).toEqual(['sentence b']);
    expect(derivations.takeStale()).toEqual([]);
  });

  it('follow dependencies that change with the data', () => {
    const pointer: Query<unknown> = {
      name: 'pointer',
      compute: (cell, read) => read.input(read.input(cell) as string),
    };
    const derivations = new Derivations();
    derivations.pin(pointer, 'p');
    derivations.set('p', 'x');
    derivations.set('x', 1);
    derivations.set('y', 2);
    expect(derivations.derive(pointer, 'p')).toBe(1);
    derivations.set('p', 'y');
    expect(derivations.derive(pointer, 'p')).toBe(2);
    derivations.takeStale();
    derivations.set('x', 3);
    expect(derivations.takeStale()).toEqual([]);
    derivations.set('y', 4);
    expect(derivations.derive(pointer, 'p')).toBe(4);
  });

  it('hand on what a query throws, and recover from it', () => {
    const strict: Query<number> = {
      name: 'strict',
      compute: (cell, read) => {
        const value = read.input(cell);
        if (typeof value !== 'number') throw new TypeError('no number');
        return value;
      },
    };
    const careful: Query<string> = {
      name: 'careful',
      compute: (cell, read) => {
        try {
          return String(read.derive(strict, cell));
        } catch (error) {
          return (error as Error).message;
        }
      },
    };
    const derivations = new Derivations();
    derivations.pin(careful, 'a');
    expect(derivations.derive(careful, 'a')).toBe('no number');
    derivations.set('a', 7);
    expect(derivations.derive(careful, 'a')).toBe('7');
    derivations.set('a', 'x');
    expect(derivations.derive(careful, 'a')).toBe('no number');
  });

  it('refuse a query that depends on itself', () => {
    const loop: Query<unknown> = {
      name: 'loop',
      compute: (argument, read): unknown => read.derive(loop, argument),
    };
    expect(() => new Derivations().derive(loop, 'x')).toThrow('query loop x depends on itself');
  });

  it('forget everything that nothing needs any more', () => {
    const derivations = new Derivations();
    const empty = derivations.size;
    derivations.pin(sentence, 'a');
    derivations.set('a', 1);
    derivations.derive(sentence, 'a');
    expect(derivations.size).toBe(empty + 3);
    derivations.unpin(sentence, 'a');
    derivations.set('a', undefined);
    expect(derivations.size).toBe(empty);
  });
});
