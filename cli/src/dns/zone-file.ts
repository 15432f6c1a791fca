// SPDX-License-Identifier: Apache-2.0
import type { DnsRecord } from '@trunkline/operator';

/** Records as a zone file has them (RFC 1035 §5.1), to be included in the zone of the base domain. Ends with a line break. */
export function zoneFile(records: readonly DnsRecord[], baseDomain: string): string {
  const head = `; DNS records of Trunkline's edges below ${baseDomain}, by \`trunkline dns\`\n`;
  const lines = records.flatMap(({ name, type, ttl, targets }) =>
    targets.map((target) => `${name}. ${ttl} IN ${type} ${target}\n`),
  );
  return head + lines.join('');
}
