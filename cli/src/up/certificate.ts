// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority } from '@trunkline/sip-engine/certificates';
import { CommandError } from '../usage-error.ts';
import type { UpOptions } from './options.ts';

/** PEM files for the TLS listener. */
export interface CertificateFiles {
  cert: string;
  key: string;
  /** The authority of a certificate of our own; absent where the user brought one. */
  authority?: string;
}

/** A certificate of our own is made again when it has less than this left, in milliseconds. */
const RENEW_MS = 30 * 86_400_000;

/**
 * What the TLS listener shows: the files that were given, or a certificate of an authority of our own, in `DATA/tls`, for every
 * name that calls can be sent to. Undefined without `--sips`. Throws `CommandError`.
 */
export async function certificateFor(
  { sips, tls, baseDomain }: Pick<UpOptions, 'sips' | 'tls' | 'baseDomain'>,
  dataPath: string,
  domains: readonly string[],
): Promise<CertificateFiles | undefined> {
  if (sips === undefined) return undefined;
  if (tls.files) return tls.files;
  const own = new Set([
    `*.pstn.${baseDomain}`,
    `pstn.${baseDomain}`,
    ...domains,
    'localhost',
    '127.0.0.1',
    sips.host,
  ]);
  const names = [...own].filter((name) => name !== '0.0.0.0' && name !== '::');
  try {
    return await ownCertificate(join(dataPath, 'tls'), names);
  } catch (error) {
    throw new CommandError(`no certificate could be made for --sips: ${(error as Error).message}`);
  }
}

async function ownCertificate(folder: string, names: string[]): Promise<CertificateFiles> {
  const files = {
    cert: join(folder, 'server.crt'),
    key: join(folder, 'server.key'),
    authority: join(folder, 'ca.crt'),
  };
  if (stillGood(files.cert, names)) return files;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Its key is not kept: nobody can issue anything else in the name of this authority.
  const authority = await createAuthority('Trunkline on this machine');
  const { cert, key } = await authority.issue({ names });
  write(files.authority, authority.cert);
  write(files.key, key);
  write(files.cert, cert);
  return files;
}

function stillGood(file: string, names: string[]): boolean {
  try {
    const certificate = new X509Certificate(readFileSync(file));
    const held = (certificate.subjectAltName ?? '').split(', ').map((name) => name.replace(/^[^:]*:/, ''));
    const covers = names.every((name) => held.includes(name));
    return covers && Date.parse(certificate.validTo) - Date.now() > RENEW_MS;
  } catch {
    return false;
  }
}

function write(file: string, text: string): void {
  const temporary = `${file}.tmp`;
  writeFileSync(temporary, text, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, file);
}
