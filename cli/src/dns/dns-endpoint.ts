// SPDX-License-Identifier: Apache-2.0
import { stringify } from 'yaml';
import type { DnsRecord } from '@trunkline/operator';

/** The records as an object of external-dns, for its `crd` source. */
export function dnsEndpoint(records: readonly DnsRecord[]): string {
  const object = {
    apiVersion: 'externaldns.k8s.io/v1alpha1',
    kind: 'DNSEndpoint',
    metadata: { name: 'trunkline-common' },
    spec: {
      endpoints: records.map(({ name, type, ttl, targets }) => ({
        dnsName: name,
        recordType: type,
        recordTTL: ttl,
        targets,
      })),
    },
  };
  return `# Names that mean any edge, by \`trunkline dns --external-dns\`. Each edge's own are of its Helm release.\n${stringify(object, { lineWidth: 0 })}`;
}
