// SPDX-License-Identifier: Apache-2.0

export interface DrachtioSettings {
  admin: { port: number; secret: string };
  /** Address on this machine. */
  local: string;
  /** Address in Contact and Via, where it is another one. */
  external: string;
  ports: { sip: number; tls?: number | undefined };
  /** Folder with tls.crt and tls.key; with `ports.tls`. */
  tlsDir?: string | undefined;
  /** Networks that are spoken to with the local address. */
  localNet?: string | undefined;
}

/**
 * drachtio's configuration file. Of the timers, t1x64 is how long a silent target is waited for (RFC 3261 timer B): failover
 * depends on its 4 s. The chart's probe is answered by drachtio itself. The admin port is on loopback, because drachtio takes commands before it has seen the secret.
 */
export function drachtioConfig(settings: DrachtioSettings): string {
  const { admin, ports, tlsDir } = settings;
  const tls =
    ports.tls === undefined
      ? ''
      : `
    <tls>
      <key-file>${escape(tlsDir ?? '')}/tls.key</key-file>
      <cert-file>${escape(tlsDir ?? '')}/tls.crt</cert-file>
    </tls>`;
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
