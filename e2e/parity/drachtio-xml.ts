// SPDX-License-Identifier: Apache-2.0
import type { Place } from '../src/sip/index.ts';

export interface DrachtioSettings {
  admin: { host: string; port: number; secret: string };
  sip: Place;
  /** Milliseconds: timers B, F and H. */
  t1x64: number;
}

/** The configuration that drachtio-server is tested with: `docs/reference/drachtio.conf.xml` with other addresses. */
export const drachtioXml = ({ admin, sip, t1x64 }: DrachtioSettings): string => `<drachtio>
  <admin port="${admin.port}" secret="${admin.secret}">${admin.host}</admin>
  <sip>
    <contacts>
      <contact>sip:${sip.address}:${sip.port};transport=udp,tcp</contact>
    </contacts>
    <timers>
      <t1>500</t1>
      <t2>4000</t2>
      <t4>5000</t4>
      <t1x64>${t1x64}</t1x64>
    </timers>
  </sip>
  <logging>
    <console/>
    <sofia-loglevel>3</sofia-loglevel>
    <loglevel>info</loglevel>
  </logging>
</drachtio>
`;
