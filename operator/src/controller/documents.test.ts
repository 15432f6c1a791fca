// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { SETTINGS, trunk } from '../compile/fixtures.ts';
import { Compiler } from '../compile/compiler.ts';
import { shardName } from '../shard/shard-name.ts';
import { Documents } from './documents.ts';

const [A, B] = [shardName('a'), shardName('b')];

describe('documents', () => {
  it('are made anew only where something has changed', () => {
    const compiler = new Compiler(SETTINGS);
    const documents = new Documents(compiler);
    const change = (changes: Parameters<Compiler['apply']>[0]) =>
      documents.refresh(compiler.apply(changes).changedShards);
    const first = change({ upserted: [trunk('a/x', 'x'), trunk('b/x', 'y')] });
    expect([...first.keys()].sort()).toEqual([A, B, 'global'].sort());
    const second = change({ upserted: [trunk('a/x', 'z')] });
    expect([...second.keys()]).toEqual([A]);
    expect(second.get(A)?.text).toContain('"domainName":"z"');
    expect(change({ upserted: [trunk('a/x', 'z')] }).size).toBe(0);
    expect([...change({ deleted: ['Trunk/b/x'] })]).toEqual([[B, undefined]]);
    expect(documents.largest).toBe(Buffer.byteLength(second.get(A)?.text ?? ''));
  });

  it('have the install-wide part from the first moment', () => {
    const compiler = new Compiler(SETTINGS);
    const documents = new Documents(compiler);
    expect([...documents.refresh([]).keys()]).toEqual(['global']);
    expect(documents.refresh([]).size).toBe(0);
  });
});
