// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

/** A certificate and its key, both PEM. */
export interface Issued {
  cert: string;
  key: string;
}

export interface Subject {
  /** Host names and IP addresses that the certificate is for; `*.` stands for one label. */
  names: string[];
  /** Default: now. */
  notBefore?: Date;
  /** Default: 397 days from now, the longest that clients take. */
  notAfter?: Date;
}

export interface Authority extends Issued {
  /** A certificate signed by this authority, its own not included. */
  issue(subject: Subject): Promise<Issued>;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

x509.cryptoProvider.set(webcrypto);

/**
 * An authority of one's own, for a laptop and for tests: what runs in production gets its certificates from its own PKI or
 * from cert-manager.
 */
export const createAuthority = async (name: string): Promise<Authority> => {
  const keys = await newKeys();
  const issuer = `CN=${name}`;
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity({ notAfter: new Date(Date.now() + 3650 * DAY_MS) }),
    name: issuer,
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  return {
    cert: cert.toString('pem'),
    key: await pemKey(keys.privateKey),
    issue: (subject) => issue(subject, { issuer, signingKey: keys.privateKey }),
  };
};

/** A certificate that vouches for itself. */
export const selfSigned = async (subject: Subject): Promise<Issued> => {
  const keys = await newKeys();
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(subject),
    name: commonName(subject),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [alternativeNames(subject)],
  });
  return { cert: cert.toString('pem'), key: await pemKey(keys.privateKey) };
};

const issue = async (
  subject: Subject,
  { issuer, signingKey }: { issuer: string; signingKey: webcrypto.CryptoKey },
): Promise<Issued> => {
  const keys = await newKeys();
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  const cert = await x509.X509CertificateGenerator.create({
    ...validity(subject),
    subject: commonName(subject),
    issuer,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      alternativeNames(subject),
      new x509.BasicConstraintsExtension(false),
      new x509.ExtendedKeyUsageExtension([serverAuth, clientAuth]),
    ],
  });
  return { cert: cert.toString('pem'), key: await pemKey(keys.privateKey) };
};

/** A minute back: clocks differ. */
const validity = ({ notBefore, notAfter }: Partial<Subject>) => ({
  serialNumber: randomBytes(16).toString('hex').replace(/^./, '1'),
  notBefore: notBefore ?? new Date(Date.now() - 60_000),
  notAfter: notAfter ?? new Date(Date.now() + 397 * DAY_MS),
});

const commonName = ({ names }: Subject): string => `CN=${names[0] ?? 'trunkline'}`;

/** RFC 5922 §7.1: what counts are the subjectAltNames. */
const alternativeNames = ({ names }: Subject): x509.Extension =>
  new x509.SubjectAlternativeNameExtension(
    names.map((name) => ({ type: isIP(name) > 0 ? 'ip' : 'dns', value: name })),
  );

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

const pemKey = async (key: webcrypto.CryptoKey): Promise<string> => {
  const bytes = await webcrypto.subtle.exportKey('pkcs8', key);
  return x509.PemConverter.encode(bytes, 'PRIVATE KEY');
};
