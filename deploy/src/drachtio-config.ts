// SPDX-License-Identifier: Apache-2.0

/** drachtio-server always takes 1.3 too, and cannot ask for it alone. */
export const TLS_VERSIONS = ['1.0', '1.1', '1.2'] as const;
export type TlsVersion = (typeof TLS_VERSIONS)[number];

export interface DrachtioSettings {
  admin: { port: number; secret: string };
  /** Address on this machine. */
  local: string;
  /** Address in Contact and Via, where it is another one. */
  external: string;
  ports: { sip: number; tls?: number | undefined };
  /** Folder with tls.crt and tls.key; with `ports.tls`. */
  tlsDir?: string | undefined;
  /** The oldest TLS that is spoken. Default 1.2. */
  tlsMinVersion?: TlsVersion | undefined;
  /** Networks that are spoken to with the local address. */
  localNet?: string | undefined;
}

/**
 * drachtio's configuration file. Of the timers, t1x64 is how long a silent target is waited for (RFC 3261 timer B): failover
 * depends on its 4 s. The chart's probe is answered by drachtio itself. The admin port is on loopback, because drachtio takes commands before it has seen the secret.
 */
export function drachtioConfig(settings: DrachtioSettings): string {
  const { admin, ports } = settings;
  const tls = ports.tls === undefined ? '' : tlsElement(settings);
  return `<drachtio>
  <admin port="${admin.port}" secret="${escape(admin.secret)}">127.0.0.1</admin>
  <sip>
    <contacts>
      ${contacts(settings).join('\n      ')}
    </contacts>${tls}
    <timers>
      <t1>500</t1>
      <t2>4000</t2>
      <t4>5000</t4>
      <t1x64>4000</t1x64>
    </timers>
    <user-agent-options-auto-respond>trunkline-probe</user-agent-options-auto-respond>
  </sip>
  <cdrs>false</cdrs>
  <logging>
    <console/>
    <sofia-loglevel>3</sofia-loglevel>
    <loglevel>info</loglevel>
  </logging>
</drachtio>
`;
}

/**
 * drachtio takes the certificate alone from `cert-file`. Those in between come from `chain-file`, and without it drachtio looks for
 * a `cafile.pem` and ends.
 */
function tlsElement({ tlsDir = '', tlsMinVersion = '1.2' }: DrachtioSettings): string {
  const folder = escape(tlsDir);
  return `
    <tls>
      <key-file>${folder}/tls.key</key-file>
      <cert-file>${folder}/tls.crt</cert-file>
      <chain-file>${folder}/tls.crt</chain-file>
      <min-tls-version>${tlsMinVersion}</min-tls-version>
    </tls>`;
}

function contacts({ local, external, ports, localNet }: DrachtioSettings): string[] {
  const host = local.includes(':') ? `[${local}]` : local;
  const attributes = [
    ...(external === local ? [] : [` external-ip="${escape(external)}"`]),
    ...(localNet === undefined || external === local ? [] : [` local-net="${escape(localNet)}"`]),
  ].join('');
  return [
    `<contact${attributes}>sip:${host}:${ports.sip};transport=udp,tcp</contact>`,
    ...(ports.tls === undefined
      ? []
      : [`<contact${attributes}>sips:${host}:${ports.tls};transport=tls</contact>`]),
  ];
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escape = (text: string): string => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '');
