// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startProgram } from './program.ts';

/** What a health script says of an object. */
export interface ArgoHealth {
  status: string;
  message: string;
}

export const ARGOCD = join(import.meta.dirname, '..', '..', 'gitops', 'argocd');
export const HEALTH_FOLDER = join(ARGOCD, 'resource_customizations', 'trunkline.dev', '_');
export const HEALTH_SCRIPT = readFileSync(join(HEALTH_FOLDER, 'health.lua'), 'utf8');

/** Argo CD takes any other word for Unknown. */
export const HEALTH_WORDS = ['Healthy', 'Progressing', 'Suspended', 'Degraded', 'Missing'];

/*
 * The environment in which Argo CD runs a script that an administrator has configured: Lua 5.1 with the base and table libraries
 * and two functions of os. There is no string library, so strings have no methods either.
 */
const SANDBOX = `
local write, time, date = io.write, os.time, os.date
debug.setmetatable("", nil)
local function run(object)
  local env = {
    assert = assert, error = error, getmetatable = getmetatable, ipairs = ipairs, next = next, pairs = pairs, pcall = pcall,
    rawequal = rawequal, rawget = rawget, rawset = rawset, select = select, setmetatable = setmetatable, tonumber = tonumber,
    tostring = tostring, type = type, unpack = unpack, xpcall = xpcall,
    table = table, os = { time = time, date = date }, actionParams = {}, obj = object,
  }
  env._G = env
  local chunk = assert(loadstring(script, "=health.lua"))
  local health = setfenv(chunk, env)()
  assert(type(health) == "table", "the script must give a table")
  write(tostring(health.status), "\\31", health.message or "", "\\30")
end
`;

/** Health of objects by the script, in order. Throws what Lua says where the script fails. */
export const argoHealth = async (
  objects: readonly unknown[],
  script = HEALTH_SCRIPT,
): Promise<ArgoHealth[]> => {
  const runs = objects.map((object) => `run(${luaOf(object)})\n`).join('');
  const program = startProgram({
    command: 'lua5.1',
    args: ['-'],
    input: `script = ${luaOf(script)}\n${SANDBOX}${runs}`,
  });
  const exitCode = await program.exited;
  if (exitCode !== 0) throw new Error(program.stderr);
  return program.stdout
    .split('\x1e')
    .slice(0, -1)
    .map((line) => {
      const [status = '', message = ''] = line.split('\x1f');
      return { status, message };
    });
};

/** A value of JSON as Lua writes it. */
const luaOf = (value: unknown): string => {
  if (value === null || value === undefined) return 'nil';
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `{${value.map(luaOf).join(',')}}`;
  if (typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, member]) => `[${quoted(name)}]=${luaOf(member)}`)
    .join(',')}}`;
};

const quoted = (text: string): string =>
  `"${[...Buffer.from(text)].map((byte) => `\\${String(byte).padStart(3, '0')}`).join('')}"`;
