// SPDX-License-Identifier: Apache-2.0
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import {
  createSecureContext,
  DEFAULT_CIPHERS,
  type SecureContextOptions,
  type SecureVersion,
} from 'node:tls';
import type { Log } from './transport-settings.ts';

export interface TlsOptions {
  /** PEM files: the certificate with its chain, and its private key. */
  certFile: string;
  keyFile: string;
  /** Default TLSv1.2; RFC 8996 forbids what is older, old equipment may need it. */
  minVersion?: SecureVersion;
  /** OpenSSL cipher list; default: node's. */
  ciphers?: string;
  /** Peers that call us must have a certificate of one of these authorities. Absent: none is asked for. */
  clientCaFile?: string;
  /** Whether certificates of peers that we connect to are verified. Default true. */
  verify?: boolean;
  /** Authorities of those peers; absent: the system's. */
  caFile?: string;
}

/** How often the files are looked at, in milliseconds; a mounted Secret changes by a link, which only polling sees everywhere. */
const LOOK_EVERY = 2_000;

/** Our certificate and whom we trust, read again when the files change. Connections that are up keep what they began with. */
export class TlsIdentity {
  readonly #options: TlsOptions;
  readonly #log: Log;
  readonly #listeners = new Set<() => void>();
  #material: SecureContextOptions;

  /** Throws, naming the file, where something cannot be used. */
  constructor(options: TlsOptions, log: Log) {
    this.#options = options;
    this.#log = log;
    this.#material = readMaterial(options);
    for (const file of this.#files()) {
      watchFile(file, { interval: LOOK_EVERY, persistent: false }, (now, before) => {
        if (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino) this.reload();
      });
    }
  }

  get verify(): boolean {
    return this.#options.verify !== false;
  }

  get asksClients(): boolean {
    return this.#options.clientCaFile !== undefined;
  }

  /** For a server: our certificate, and the authorities of those who call us. */
  get serving(): SecureContextOptions {
    const { clientCaFile } = this.#options;
    return { ...this.#material, ...(clientCaFile === undefined ? {} : { ca: read(clientCaFile) }) };
  }

  /** For a connection that we open: the same certificate, for peers that ask, and the authorities that we trust. */
  get calling(): SecureContextOptions {
    const { caFile } = this.#options;
    return { ...this.#material, ...(caFile === undefined ? {} : { ca: read(caFile) }) };
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** A key that does not fit its certificate (one of the two is written first) leaves what was good before in force. */
  reload(): void {
    try {
      this.#material = readMaterial(this.#options);
      for (const listener of this.#listeners) listener();
      this.#log.warn({ certificate: this.#options.certFile }, 'TLS certificate read again');
    } catch (error) {
      this.#log.warn(
        { reason: (error as Error).message },
        'TLS certificate kept: the new one cannot be used',
      );
    }
  }

  close(): void {
    for (const file of this.#files()) unwatchFile(file);
  }

  #files(): string[] {
    const { certFile, keyFile } = this.#options;
    return [certFile, keyFile];
  }
}

function readMaterial({ certFile, keyFile, minVersion, ciphers, ...ca }: TlsOptions): SecureContextOptions {
  const material: SecureContextOptions = {
    cert: read(certFile),
    key: read(keyFile),
    minVersion: minVersion ?? 'TLSv1.2',
    ...cipherList(minVersion, ciphers),
  };
  try {
    createSecureContext(material);
  } catch (error) {
    throw new Error(`TLS: ${certFile} and ${keyFile} cannot be used together: ${(error as Error).message}`, {
      cause: error,
    });
  }
  for (const file of [ca.clientCaFile, ca.caFile]) if (file !== undefined) read(file);
  return material;
}

/** OpenSSL speaks TLS below 1.2 at its security level 0 alone. */
function cipherList(
  minVersion: SecureVersion | undefined,
  ciphers: string | undefined,
): { ciphers?: string } {
  const old = minVersion === 'TLSv1' || minVersion === 'TLSv1.1';
  if (old) return { ciphers: `${ciphers ?? DEFAULT_CIPHERS}:@SECLEVEL=0` };
  return ciphers === undefined ? {} : { ciphers };
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`TLS: ${(error as Error).message}`, { cause: error });
  }
}
