// SPDX-License-Identifier: Apache-2.0
import { expect, it } from '@jest/globals';
import { shardName } from '../shard/shard-name.ts';
import { TrunkShards } from './trunk-shards.ts';

it('knows which trunks a shard has', () => {
  const trunks = new TrunkShards();
  trunks.set('Trunk/a/x', true);
  trunks.set('Trunk/a/y', true);
  trunks.set('Trunk/b/x', true);
  trunks.set('PhoneNumber/a/x', true);
  expect([...trunks.in(shardName('a'))]).toEqual(['Trunk/a/x', 'Trunk/a/y']);
  trunks.set('Trunk/a/x', false);
  trunks.set('Trunk/b/x', false);
  expect([...trunks.shards()]).toEqual([shardName('a')]);
  expect([...trunks.in(shardName('b'))]).toEqual([]);
});
