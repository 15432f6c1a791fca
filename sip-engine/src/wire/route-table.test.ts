// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { AppLink } from '../dialog/app-link.ts';
import { RouteTable } from './route-table.ts';

function link(live = true): AppLink & { live: boolean } {
  return { live, deliver: () => undefined };
}

describe('RouteTable', () => {
  it('goes round robin over the apps of one verb, each verb by itself', () => {
    const table = new RouteTable();
    const [a, b] = [link(), link()];
    for (const one of [a, b]) table.add('invite', one);
    table.add('options', b);
    expect([1, 2, 3, 4].map(() => table.pick('INVITE'))).toEqual([a, b, a, b]);
    expect(table.pick('OPTIONS')).toBe(b);
    expect(table.pick('REGISTER')).toBeUndefined();
  });

  it('counts a verb that is asked for twice once', () => {
    const table = new RouteTable();
    const [a, b] = [link(), link()];
    for (const one of [a, a, a, b]) table.add('invite', one);
    expect([1, 2].map(() => table.pick('INVITE'))).toEqual([a, b]);
  });

  it('skips the dead', () => {
    const table = new RouteTable();
    const [a, b] = [link(), link()];
    for (const one of [a, b]) table.add('invite', one);
    a.live = false;
    expect([1, 2].map(() => table.pick('INVITE'))).toEqual([b, b]);
    b.live = false;
    expect(table.pick('INVITE')).toBeUndefined();
  });

  it('removes one verb of an app, or all', () => {
    const table = new RouteTable();
    const [a, b] = [link(), link()];
    for (const one of [a, b]) for (const verb of ['invite', 'options']) table.add(verb, one);
    table.remove('invite', a);
    expect(table.pick('INVITE')).toBe(b);
    expect(table.pick('OPTIONS')).toBe(a);
    table.removeAll(a);
    expect([1, 2].map(() => table.pick('OPTIONS'))).toEqual([b, b]);
  });
});
