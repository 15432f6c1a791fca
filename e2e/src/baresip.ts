// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { startProgram, type Program } from './program.ts';
import type { PeerTls, PeerTransport, Place } from './sip/index.ts';

export interface BaresipOptions {
  /** Loopback address of its SIP and RTP. */
  address: string;
  /** User part and domain of its account. */
  user: string;
  domain: string;
  auth?: { username: string; password: string };
  proxy: Place;
  transport: PeerTransport;
  tls?: PeerTls;
  /** What it says, in Hz. */
  frequencyHz: number;
}

export interface BaresipEvent {
  type: string;
  direction?: string;
  param?: string;
}

/** A real baresip: registers nowhere, answers every call, says a tone and keeps what it hears. */
export interface Baresip {
  /** Where it can be called, as an origination URI. */
  readonly uri: string;
  readonly events: readonly BaresipEvent[];
  dial(uri: string): Promise<void>;
  hangUp(): Promise<void>;
  /** First event of the type from the one at `from` on. */
  event(type: string, from?: number): Promise<BaresipEvent>;
  /** Frequency of what the last call heard, in Hz, and how long that was. After the call only. */
  heard(): { frequencyHz: number; seconds: number };
  log(): string;
  stop(): Promise<void>;
}

const MODULES = '/usr/lib/baresip/modules';
const RATE = 8000;

export const startBaresip = async (options: BaresipOptions): Promise<Baresip> => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-baresip-'));
  const control = await freePort();
  // TLS listens one port above.
  const port = await freePort(options.address);
  writeFileSync(join(folder, 'accounts'), account(options));
  writeFileSync(join(folder, 'contacts'), '');
  writeFileSync(join(folder, 'config'), configuration(options, { folder, control, port }));
  const program = startProgram({ command: 'baresip', args: ['-f', folder, '-v'] });
  const socket = await connectControl(control, program);
  const phone = new RunningBaresip({ program, socket, folder });
  phone.uri = `sip:${options.address}:${options.transport === 'tls' ? port + 1 : port};transport=${options.transport}`;
  return phone;
};

const account = ({ user, domain, proxy, transport, auth }: BaresipOptions): string =>
  [
    `<sip:${user}@${domain}>`,
    `outbound="sip:${proxy.address}:${proxy.port};transport=${transport}"`,
    ...(auth ? [`auth_user=${auth.username}`, `auth_pass=${auth.password}`] : []),
    'regint=0',
    'answermode=auto',
    'audio_codecs=pcmu\n',
  ].join(';');

const configuration = (
  { address, transport, tls, frequencyHz }: BaresipOptions,
  { folder, control, port }: { folder: string; control: number; port: number },
): string => {
  const certificate = join(folder, 'own.pem');
  const authority = join(folder, 'ca.pem');
  if (tls) {
    writeFileSync(certificate, `${tls.key}\n${tls.cert}`);
    writeFileSync(authority, tls.ca);
  }
  return [
    `sip_listen ${address}:${port}`,
    `sip_trans_def ${transport}`,
    ...(tls ? [`sip_certificate ${certificate}`, `sip_cafile ${authority}`, 'sip_verify_server yes'] : []),
    `net_interface ${address}`,
    `module_path ${MODULES}`,
    ...['g711', 'ausine', 'aubridge', 'sndfile', 'ctrl_tcp'].map((name) => `module ${name}.so`),
    ...['account', 'contact', 'menu'].map((name) => `module_app ${name}.so`),
    `ctrl_tcp_listen 127.0.0.1:${control}`,
    `audio_source ausine,${frequencyHz}`,
    // Nobody listens; sndfile writes down what would be heard.
    'audio_player aubridge,ear',
    'audio_alert aubridge,bell',
    `snd_path ${folder}`,
    // ausine has no other.
    'ausrc_srate 48000',
    `auplay_srate ${RATE}`,
    'ausrc_channels 2',
    'auplay_channels 1',
    '',
  ].join('\n');
};

const connectControl = (port: number, program: Program): Promise<Socket> =>
  eventually(
    'baresip to be ready',
    () =>
      new Promise<Socket | undefined>((resolve) => {
        const socket = connect(port, '127.0.0.1');
        socket.once('connect', () => {
          resolve(socket);
        });
        socket.once('error', () => {
          resolve(undefined);
        });
      }),
    { timeoutMs: 20_000, everyMs: 50 },
  ).catch((error: unknown) => {
    throw new Error(
      `${(error as Error).message}: ${program.stdout.slice(-2_000)}${program.stderr.slice(-2_000)}`,
    );
  });

interface Parts {
  program: Program;
  socket: Socket;
  folder: string;
}

class RunningBaresip implements Baresip {
  uri = '';
  readonly events: BaresipEvent[] = [];
  readonly #parts: Parts;
  #buffer = Buffer.alloc(0);

  constructor(parts: Parts) {
    this.#parts = parts;
    parts.socket.on('error', () => undefined);
    parts.socket.on('data', (data: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, data]);
      this.#read();
    });
  }

  async dial(uri: string): Promise<void> {
    this.#command('dial', uri);
    await this.event('CALL_ESTABLISHED');
  }

  async hangUp(): Promise<void> {
    const before = this.events.length;
    this.#command('hangup');
    await this.event('CALL_CLOSED', before);
  }

  event(type: string, from = 0): Promise<BaresipEvent> {
    const look = () => this.events.slice(from).find((event) => event.type === type);
    return eventually(`baresip's ${type}`, look, { timeoutMs: 15_000, everyMs: 20 }).catch(
      (error: unknown) => {
        throw new Error(
          `${(error as Error).message}; it said: ${JSON.stringify(this.events)} ${this.log().slice(-1_500)}`,
        );
      },
    );
  }

  heard(): { frequencyHz: number; seconds: number } {
    const dumps = readdirSync(this.#parts.folder).filter((name) => name.endsWith('-dec.wav'));
    const wav = readFileSync(join(this.#parts.folder, dumps.sort().at(-1) ?? 'no call yet'));
    const data = wav.subarray(wav.indexOf('data') + 8);
    const samples = new Int16Array(data.buffer.slice(data.byteOffset, data.byteOffset + (data.length & ~1)));
    const loud = samples.findIndex((sample) => Math.abs(sample) > 1_000);
    const tone = loud < 0 ? new Int16Array() : samples.subarray(loud);
    let rising = 0;
    for (let at = 1; at < tone.length; at += 1) if (tone[at - 1]! < 0 && tone[at]! >= 0) rising += 1;
    const seconds = tone.length / RATE;
    return { frequencyHz: seconds === 0 ? 0 : rising / seconds, seconds };
  }

  log(): string {
    return this.#parts.program.stdout + this.#parts.program.stderr;
  }

  async stop(): Promise<void> {
    this.#parts.socket.destroy();
    await this.#parts.program.stop('SIGTERM');
    rmSync(this.#parts.folder, { recursive: true, force: true });
  }

  #command(command: string, params = ''): void {
    const text = JSON.stringify({ command, params, token: command });
    this.#parts.socket.write(`${Buffer.byteLength(text)}:${text},`);
  }

  /** Netstrings: `<bytes>:<json>,`. */
  #read(): void {
    for (;;) {
      const colon = this.#buffer.indexOf(':');
      const length = Number(this.#buffer.toString('latin1', 0, colon));
      if (colon < 0 || this.#buffer.length < colon + 1 + length + 1) return;
      const text = this.#buffer.toString('utf8', colon + 1, colon + 1 + length);
      this.#buffer = this.#buffer.subarray(colon + 1 + length + 1);
      const value = JSON.parse(text) as BaresipEvent & { event?: boolean };
      if (value.event === true) this.events.push(value);
    }
  }
}
