// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createAuthority,
  selfSigned,
  type Authority,
  type Issued,
  type Subject,
} from '@trunkline/sip-engine/certificates';
import type { PeerTls } from './sip/index.ts';

/** An authority, and what it has issued, as files and as text. */
export interface TlsMaterial {
  readonly authority: Authority;
  /** Path of the authority's certificate. */
  readonly caFile: string;
  /** Writes what a program reads; the same name again replaces the files. */
  write(name: string, issued: Issued): { cert: string; key: string };
  /** What a peer needs. */
  peer(subject: Subject, more?: Partial<PeerTls>): Promise<PeerTls>;
  /** A peer whose certificate vouches for itself. */
  selfSignedPeer(subject: Subject): Promise<PeerTls>;
  remove(): void;
}

export const createTlsMaterial = async (): Promise<TlsMaterial> => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-tls-'));
  const authority = await createAuthority('Trunkline tests');
  const caFile = join(folder, 'ca.crt');
  writeFileSync(caFile, authority.cert);
  return {
    authority,
    caFile,
    write: (name, { cert, key }) => {
      const files = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
      writeFileSync(files.key, key);
      writeFileSync(files.cert, cert);
      return files;
    },
    peer: async (subject, more) => ({ ...(await authority.issue(subject)), ca: authority.cert, ...more }),
    selfSignedPeer: async (subject) => ({ ...(await selfSigned(subject)), ca: authority.cert }),
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
