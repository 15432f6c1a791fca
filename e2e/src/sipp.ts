// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';
import { freePort, isBound } from './free-port.ts';
import { startProgram, type Program } from './program.ts';
import { parseCounts, parseResponseTimes, type ResponseTimes, type SippCounts } from './sipp-statistics.ts';
import type { Place } from './sip/index.ts';

export interface SippOptions {
  /** Name of a file in e2e/scenarios without `.xml`, or a path. */
  scenario: string;
  /** Loopback address of this SIPp, and of its SDP. Default 127.0.0.1. */
  address?: string;
  /** Default: a free one. */
  port?: number;
  transport?: 'udp' | 'tcp';
  /** Where a calling scenario sends to. */
  target?: Place;
  /** Calls to place, or to serve before it ends. Default: 1 for a caller, no end for a callee. */
  calls?: number;
  /** New calls per second. Default 10. */
  rate?: number;
  /** Calls at one time. */
  concurrent?: number;
  /** Every `<pause/>` of the scenario. Default 0. */
  pauseMs?: number;
  /** What stands for `[name]` in the scenario; may hold `[field0]`. `rtp` is the port in the SDP; without it media goes unheard. */
  keys?: Record<string, string>;
  /** `[field0]`, `[field1]` ... of each call in turn. */
  fields?: string[][];
  auth?: {
    username: string;
    password: string;
    /** `user@host` of the digest. Default: keys `to` and `domain`. */ uri?: string;
  };
  /** The program ends after this many seconds, whatever happens. Default 60. */
  timeoutSeconds?: number;
  /** Keeps every response time. */
  responseTimes?: boolean;
  /** More arguments. */
  args?: string[];
}

export interface SippResult extends SippCounts {
  /** 0 where every call went as the scenario says. */
  exitCode: number;
  /** By the names in the scenario, where asked for. */
  responseTimes: Record<string, ResponseTimes>;
  /** What SIPp complained about. */
  errors: string;
}

export interface Sipp {
  readonly address: string;
  readonly port: number;
  readonly pid: number;
  /** When it ended by itself. */
  readonly result: Promise<SippResult>;
  /** Lets running calls finish, at most 5 s, then ends it. */
  stop(): Promise<SippResult>;
}

/** Places calls until they are done. */
export const runSipp = async (options: SippOptions & { target: Place }): Promise<SippResult> =>
  (await startSipp(options)).result;

/** Resolves when the socket is open. */
export const startSipp = async (options: SippOptions): Promise<Sipp> => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-sipp-'));
  const address = options.address ?? '127.0.0.1';
  const port = options.port ?? (await freePort(address));
  const seconds = options.timeoutSeconds ?? 60;
  const program = startProgram({
    command: 'sipp',
    args: argumentsOf(options, { address, port, folder, seconds }),
    cwd: folder,
  });

  // `-timeout` waits for the calls that are there; a scenario that hangs must not hang the test.
  const guard = setTimeout(() => void program.stop('SIGUSR1'), (seconds + 5) * 1000);
  guard.unref();
  const result = program.exited.then((exitCode) => {
    clearTimeout(guard);
    return collect(program, folder, exitCode);
  });
  result.catch(() => undefined);

  let over = false;
  void program.exited.then(
    () => (over = true),
    () => (over = true),
  );
  const bound = () => over || isBound(options.transport ?? 'udp', port);
  const listening = eventually(`SIPp on ${address}:${port}`, bound, { everyMs: 10 });
  // A caller may be done before we look; a callee that ended could not start.
  const ended = await Promise.race([listening.then(() => undefined), result]);
  if (ended && !options.target) throw new Error(`SIPp cannot run ${options.scenario}: ${ended.errors}`);
  return {
    address,
    port,
    pid: program.pid,
    result,
    stop: async () => {
      await program.stop('SIGUSR1');
      return result;
    },
  };
};

interface Surroundings {
  address: string;
  port: number;
  folder: string;
  seconds: number;
}

/** Discard, RFC 863: nobody listens there. */
const UNHEARD = '9';

const argumentsOf = (options: SippOptions, { address, port, folder, seconds }: Surroundings): string[] => [
  ...(options.target ? [`${bracketed(options.target.address)}:${options.target.port}`] : []),
  ...['-sf', scenarioFile(options, folder)],
  ...['-i', address, '-p', `${port}`, '-ci', '127.0.0.1', '-cp', '0'],
  ...['-t', options.transport === 'tcp' ? 't1' : 'u1'],
  ...paceArguments(options),
  ...fieldArguments(options, folder),
  ...authArguments(options),
  ...['-timeout', `${seconds}s`, '-timeout_error', '-nostdin', '-skip_rlimit'],
  ...[
    '-trace_stat',
    '-stf',
    join(folder, 'stat.csv'),
    '-fd',
    '1',
    '-trace_err',
    '-error_file',
    join(folder, 'errors.log'),
  ],
  ...(options.responseTimes ? ['-trace_rtt', '-rtt_freq', '1'] : []),
  ...(options.args ?? []),
];

const paceArguments = ({
  target,
  calls = target && 1,
  rate = 10,
  pauseMs = 0,
  concurrent,
}: SippOptions): string[] => [
  ...(calls === undefined ? [] : ['-m', `${calls}`]),
  ...(concurrent === undefined ? [] : ['-l', `${concurrent}`]),
  ...['-r', `${rate}`, '-d', `${pauseMs}`],
];

const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);

/**
 * A copy with the keys filled in. SIPp's own `-key` cannot: it wants the status of a response literally, and a value that
 * holds a keyword itself, such as `[field0]`, stays as it is.
 */
const scenarioFile = ({ scenario, keys }: SippOptions, folder: string): string => {
  const path = scenario.includes('/')
    ? scenario
    : fileURLToPath(new URL(`../scenarios/${scenario}.xml`, import.meta.url));
  const copy = join(folder, 'scenario.xml');
  const filled = Object.entries({ rtp: UNHEARD, reason: 'Refused', ...keys });
  writeFileSync(
    copy,
    filled.reduce((text, [name, value]) => text.replaceAll(`[${name}]`, value), readFileSync(path, 'utf8')),
  );
  return copy;
};

const fieldArguments = ({ fields }: SippOptions, folder: string): string[] => {
  if (!fields) return [];
  const file = join(folder, 'fields.csv');
  writeFileSync(file, ['SEQUENTIAL', ...fields.map((row) => `${row.join(';')};`), ''].join('\n'));
  return ['-inf', file];
};

const authArguments = ({ auth, keys = {} }: SippOptions): string[] => {
  if (!auth) return [];
  const uri = auth.uri ?? `${keys.to ?? ''}@${keys.domain ?? ''}`;
  return ['-au', auth.username, '-ap', auth.password, '-auth_uri', uri];
};

const collect = (program: Program, folder: string, exitCode: number): SippResult => {
  const text = (name: string | undefined) =>
    name !== undefined && existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : '';
  const responseTimes = readdirSync(folder).find((name) => name.endsWith('_rtt.csv'));
  const result = {
    ...parseCounts(text('stat.csv')),
    exitCode,
    responseTimes: parseResponseTimes(text(responseTimes)),
    errors: `${text('errors.log')}${program.stderr}`.replaceAll(/^Resolving remote host .*\n?/gm, '').trim(),
  };
  rmSync(folder, { recursive: true, force: true });
  return result;
};
