// SPDX-License-Identifier: Apache-2.0
import { EDGE_CONFIG_VERSION, GlobalShard, RoutingShard, SecretShard } from '@trunkline/crds';
import { createHash } from 'node:crypto';
import { Compile } from 'typebox/compile';

export type Shard = GlobalShard | RoutingShard | SecretShard;

/** A shard that must not be applied; the message says what is wrong and never holds a value of it. */
export class ShardError extends Error {
  override readonly name = 'ShardError';
}

const FILE_NAME = /^((secret-)?(global|[0-9a-f]{2}))\.json$/;

const validators = {
  global: Compile(GlobalShard),
  routing: Compile(RoutingShard),
  secret: Compile(SecretShard),
};

/** Name of the shard in a file (`global`, `3f`, `secret-3f`); undefined for any other file of the directory. */
export const shardNameOf = (fileName: string): string | undefined => FILE_NAME.exec(fileName)?.[1];

/**
 * Reads a shard file: JSON, version, schema, the name it is filed under, and its revision.
 * @throws ShardError
 */
export const parseShard = (name: string, text: string): Shard => {
  const value = parseJson(text);
  if (value.version !== EDGE_CONFIG_VERSION) {
    throw new ShardError(
      `version is ${JSON.stringify(value.version)}, this proxy reads version ${EDGE_CONFIG_VERSION}: bring operator and proxy to the same release`,
    );
  }
  const shard = checked(name, value);
  const own = name.replace(/^secret-/, '');
  if (shard.shard !== own) throw new ShardError(`field shard is "${shard.shard}", the file is for "${own}"`);
  const revision = revisionOf(shard);
  if (shard.revision !== revision) {
    throw new ShardError(
      `revision does not fit the content (expected ${revision}): the file is cut or was changed by hand`,
    );
  }
  return shard;
};

/** A shard whose file is gone: nothing of it is left. The install-wide part cannot go. */
export const emptyShard = (name: string): RoutingShard | SecretShard | undefined => {
  const shard = name.replace(/^secret-/, '');
  const head = { version: EDGE_CONFIG_VERSION, shard, revision: '' } as const;
  if (name.startsWith('secret-')) return { ...head, credentialLists: {}, carriers: {} };
  return shard === 'global' ? undefined : { ...head, accounts: [], trunks: [] };
};

/** SHA-256 (hex) of the canonical JSON (keys sorted, no blanks) of everything but `revision`. */
export const revisionOf = (shard: object): string => {
  const content = Object.fromEntries(Object.entries(shard).filter(([key]) => key !== 'revision'));
  const canonical = JSON.stringify(content, (_key, value: unknown) =>
    isObject(value) ? sorted(value) : value,
  );
  return createHash('sha256').update(canonical).digest('hex');
};

const parseJson = (text: string): Record<string, unknown> => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may be secret.
    throw new ShardError('not JSON: the file is cut or was changed by hand');
  }
  if (!isObject(value)) throw new ShardError('not a JSON object');
  return value;
};

const checked = (name: string, value: unknown): Shard => {
  const kind = name.startsWith('secret-') ? 'secret' : name === 'global' ? 'global' : 'routing';
  const validator = validators[kind];
  if (validator.Check(value)) return value;
  const [first] = validator.Errors(value);
  throw new ShardError(
    first ? `${first.instancePath || 'the shard'} ${first.message}` : 'does not fit its schema',
  );
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const sorted = (object: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.keys(object)
      .sort()
      .map((key) => [key, object[key]]),
  );
