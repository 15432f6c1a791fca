// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { parseHostPort, type HostPort } from '../address.ts';
import { parseFlags, required, wholeNumber } from '../flags.ts';
import { UsageError } from '../usage-error.ts';

/** The flags of `trunkline up`, understood. */
export interface UpOptions {
  /** Directory of manifests, as given. */
  path: string;
  baseDomain: string;
  edge: string;
  sip: HostPort;
  /** Absent: no TLS listener. */
  sips?: HostPort;
  tls: TlsFlags;
  /** An engine of the user's own; absent: the embedded one. */
  engine?: { url: string; host: string; secret: string };
  /** `ng://` URLs of the user's own; absent: the embedded relay. */
  media?: string;
  /** `MIN-MAX` of the embedded relay. */
  mediaPorts: string;
  database?: string;
  /** Absolute. */
  data: string;
  /** Absent: no metrics. */
  metrics?: HostPort;
  /** Seconds in which each gateway and origination URI gets one OPTIONS; 0: none. */
  probeInterval: number;
  verbose: boolean;
  json: boolean;
  /** Things to say about flags that do nothing yet. */
  notices: string[];
}

/** TLS of the embedded engine; the words are those of its own flags. */
export interface TlsFlags {
  /** Absent: a certificate of our own is made, below `data`. */
  files?: { cert: string; key: string };
  /** `--tls-min-version` and the like, with their values. */
  passed: string[];
}

const FLAGS = {
  file: { type: 'string', short: 'f' },
  'base-domain': { type: 'string', default: 'example.com' },
  edge: { type: 'string', default: 'local' },
  sip: { type: 'string', default: '127.0.0.1:5060' },
  sips: { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  'tls-ca': { type: 'string' },
  'tls-client-ca': { type: 'string' },
  'tls-min-version': { type: 'string' },
  'tls-ciphers': { type: 'string' },
  'tls-verify': { type: 'string' },
  engine: { type: 'string' },
  media: { type: 'string' },
  'media-ports': { type: 'string', default: '20000-20999' },
  database: { type: 'string' },
  data: { type: 'string', default: '.trunkline' },
  metrics: { type: 'string', default: '127.0.0.1:9464' },
  'probe-interval': { type: 'string', default: '30' },
  console: { type: 'string' },
  verbose: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

/** drachtio's own default. */
const DRACHTIO_SECRET = 'cymru';

/** Throws `UsageError`. */
export function parseUpOptions(argv: string[]): UpOptions {
  const flags = parseFlags(argv, FLAGS);
  return {
    path: required(flags.file, '-f', 'name the directory of manifests, -f DIR'),
    baseDomain: domain(flags['base-domain']),
    edge: flags.edge,
    sip: parseHostPort(flags.sip, '--sip'),
    ...(flags.sips !== undefined && { sips: parseHostPort(flags.sips, '--sips') }),
    tls: tlsFlags(flags),
    ...(flags.engine !== undefined && { engine: engineUrl(flags.engine) }),
    ...(flags.media !== undefined && { media: mediaUrls(flags.media) }),
    mediaPorts: portRange(flags['media-ports']),
    ...(flags.database !== undefined && { database: databaseUrl(flags.database) }),
    data: resolve(flags.data),
    ...(flags.metrics !== 'off' && { metrics: parseHostPort(flags.metrics, '--metrics') }),
    probeInterval: wholeNumber(flags['probe-interval'], '--probe-interval', [0, 3_600]),
    verbose: flags.verbose,
    json: flags.json,
    notices: notices(flags),
  };
}

const TLS_CHOICES: Record<'tls-min-version' | 'tls-verify', readonly string[]> = {
  'tls-min-version': ['1.0', '1.1', '1.2', '1.3'],
  'tls-verify': ['on', 'off'],
};
const TLS_PASSED = ['tls-ca', 'tls-client-ca', 'tls-min-version', 'tls-ciphers', 'tls-verify'] as const;

type TlsValues = Partial<
  Record<(typeof TLS_PASSED)[number] | 'tls-cert' | 'tls-key' | 'sips' | 'engine', string>
>;

function tlsFlags(flags: TlsValues): TlsFlags {
  const { 'tls-cert': cert, 'tls-key': key } = flags;
  const given = TLS_PASSED.filter((name) => flags[name] !== undefined);
  checkTogether(flags, cert === undefined ? given[0] : 'tls-cert');
  for (const [name, allowed] of Object.entries(TLS_CHOICES)) {
    const value = flags[name as keyof typeof TLS_CHOICES];
    if (value !== undefined && !allowed.includes(value))
      throw new UsageError(`--${name} "${value}" is not one of ${allowed.join(', ')}`);
  }
  return {
    ...(cert !== undefined && key !== undefined && { files: { cert: resolve(cert), key: resolve(key) } }),
    passed: given.flatMap((name) => [`--${name}`, fileOrWord(name, flags[name] ?? '')]),
  };
}

function checkTogether(flags: TlsValues, first: string | undefined): void {
  if ((flags['tls-cert'] === undefined) !== (flags['tls-key'] === undefined))
    throw new UsageError(
      '--tls-cert and --tls-key belong together: give both, or neither for a certificate of our own',
    );
  if (first !== undefined && flags.sips === undefined)
    throw new UsageError(`--${first} is for TLS: give --sips HOST:PORT too`);
  if (flags.sips !== undefined && flags.engine !== undefined)
    throw new UsageError(
      '--sips is for the embedded engine: the one behind --engine has its own configuration',
    );
}

const fileOrWord = (name: string, value: string): string => (name.endsWith('-ca') ? resolve(value) : value);

function notices(flags: { console?: string | undefined }): string[] {
  const found: string[] = [];
  if (flags.console !== undefined)
    found.push('--console: the console comes with a later release, nothing listens there yet');
  return found;
}

function domain(text: string): string {
  const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
  if (new RegExp(`^${label}(\\.${label})*$`).test(text)) return text;
  throw new UsageError(`--base-domain "${text}" is not a domain in lower case: write example.com`);
}

function engineUrl(text: string): NonNullable<UpOptions['engine']> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'drachtio:' || url.hostname === '') {
    throw new UsageError('--engine is not a drachtio URL: write drachtio://HOST:PORT?secret=SECRET');
  }
  const port = url.port === '' ? '9022' : url.port;
  // The secret goes by file: an argument can be read by every user of the machine.
  return {
    url: `drachtio://${url.hostname}:${port}`,
    host: url.hostname,
    secret: url.searchParams.get('secret') ?? DRACHTIO_SECRET,
  };
}

function mediaUrls(text: string): string {
  for (const url of text.split(',')) {
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (parsed?.protocol === 'ng:' && parsed.hostname !== '' && parsed.port !== '') continue;
    throw new UsageError(`--media "${url}" is not an ng URL: write ng://HOST:PORT, several with commas`);
  }
  return text;
}

function portRange(text: string): string {
  const [, min = '', max = ''] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  if (min === '') throw new UsageError(`--media-ports "${text}" is not MIN-MAX: write 20000-20999`);
  const low = wholeNumber(min, '--media-ports', [1024, 65535]);
  const high = wholeNumber(max, '--media-ports', [1024, 65535]);
  if (high - low >= 3) return text;
  throw new UsageError(
    `--media-ports "${text}" has no room for a call: write MIN-MAX, four ports for each call`,
  );
}

function databaseUrl(text: string): string {
  if (/^postgres(ql)?:\/\/./.test(text)) return text;
  throw new UsageError('--database is not a PostgreSQL URL: write postgres://USER:PASSWORD@HOST:PORT/NAME');
}
