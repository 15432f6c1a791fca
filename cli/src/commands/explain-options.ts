// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { parseSipUri, type RequestFacts } from '@trunkline/sip-proxy/policy';
import { parseSource } from '../address.ts';
import { parseFlags, required, wholeNumber } from '../flags.ts';
import { CommandError, UsageError } from '../usage-error.ts';

/** The flags of `trunkline explain`, understood. */
export interface ExplainOptions {
  path?: string;
  baseDomain: string;
  edge?: string;
  request: RequestFacts;
  assumeUser?: string;
  json: boolean;
}

const FLAGS = {
  file: { type: 'string', short: 'f' },
  to: { type: 'string' },
  from: { type: 'string' },
  source: { type: 'string' },
  transport: { type: 'string', default: 'udp' },
  method: { type: 'string', default: 'INVITE' },
  user: { type: 'string' },
  authorization: { type: 'string' },
  pai: { type: 'string' },
  rpid: { type: 'string' },
  diversion: { type: 'string', multiple: true },
  'max-forwards': { type: 'string' },
  'sdp-file': { type: 'string' },
  'base-domain': { type: 'string', default: 'example.com' },
  edge: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** Throws `UsageError`, and `CommandError` where the SDP file cannot be read. */
export async function parseExplainOptions(argv: string[]): Promise<ExplainOptions> {
  const flags = parseFlags(argv, FLAGS);
  const to = required(flags.to, '--to', 'give the Request-URI, --to sip:+15550123@acme.pstn.example.com');
  if (!parseSipUri(to))
    throw new UsageError(`--to "${to}" is not a SIP URI: write sip:+15550123@acme.pstn.example.com`);
  const from = required(flags.from, '--from', 'give the number of the caller, --from +15550100');
  const source = required(
    flags.source,
    '--source',
    'give the address that the call comes from, --source 203.0.113.7',
  );
  return {
    baseDomain: flags['base-domain'],
    ...(flags.file !== undefined && { path: flags.file }),
    ...(flags.edge !== undefined && { edge: flags.edge }),
    json: flags.json,
    ...(flags.user !== undefined && { assumeUser: flags.user }),
    request: {
      method: oneOf(flags.method.toUpperCase(), '--method', ['INVITE', 'OPTIONS', 'REGISTER']),
      requestUri: to,
      // Not at the host of --to: a tel URI has none.
      from: /^[^<@]*$/.test(from) ? `<sip:${from}@${flags['base-domain']}>;tag=explain` : from,
      to: `<${to}>`,
      callId: 'explain',
      diversion: flags.diversion ?? [],
      source: {
        ...parseSource(source),
        transport: oneOf(flags.transport, '--transport', ['udp', 'tcp', 'tls']),
      },
      ...optional({
        remotePartyId: flags.rpid,
        pAssertedIdentity: flags.pai,
        proxyAuthorization: flags.authorization,
        sdp: await sdpOf(flags['sdp-file']),
      }),
      ...(flags['max-forwards'] !== undefined && {
        maxForwards: wholeNumber(flags['max-forwards'], '--max-forwards', [0, 255]),
      }),
    },
  };
}

function oneOf<const T extends string>(value: string, flag: string, values: readonly T[]): T {
  const found = values.find((each) => each === value);
  if (found !== undefined) return found;
  throw new UsageError(`${flag} "${value}" is not one of ${values.join(', ')}`);
}

/** Members that are there. */
function optional<K extends string>(members: Record<K, string | undefined>): Partial<Record<K, string>> {
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Partial<Record<K, string>>;
}

/** SDP lines end in CRLF (RFC 8866 §5), whatever the editor wrote. */
async function sdpOf(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n/g, '\r\n');
  } catch (error) {
    throw new CommandError(`--sdp-file ${path} cannot be read: ${(error as Error).message}`);
  }
}
