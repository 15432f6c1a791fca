// SPDX-License-Identifier: Apache-2.0
import { isIP } from 'node:net';
import type { KubeClient, KubeObject, ResourceKind } from '@trunkline/kube';

/** Where the address comes from that others reach this machine at. */
export type AddressSource =
  | { from: 'value'; address: string }
  | { from: 'annotation'; key: string }
  /** As the cloud's node controller has written it into the Node. */
  | { from: 'node' }
  | { from: 'host' };

export const NODE: ResourceKind = { apiVersion: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };

interface Node extends KubeObject {
  status?: { addresses?: { type: string; address: string }[] };
}

export interface Machine {
  /** Name of its Node. */
  node: string;
  /** Address of its own: `status.hostIP`. */
  hostAddress: string;
  client: () => KubeClient;
}

/** Says on one line what is to be done. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
}

/**
 * Reads `value:192.0.2.1`, `annotation:example.com/address`, `node` or `host`.
 * @throws AddressError
 */
export function parseSource(text: string): AddressSource {
  const [from = '', ...rest] = text.split(':');
  const value = rest.join(':');
  if (from === 'value' && value !== '') return { from, address: value };
  if (from === 'annotation' && value !== '') return { from, key: value };
  if ((from === 'node' || from === 'host') && value === '') return { from };
  throw new AddressError(`--from ${text}: expected value:ADDRESS, annotation:KEY, node or host`);
}

/** @throws AddressError where there is none, or it is none */
export async function externalAddress(source: AddressSource, machine: Machine): Promise<string> {
  const found = await lookUp(source, machine);
  if (isIP(found) === 0)
    throw new AddressError(`${found} is not an IP address: correct ${placeOf(source, machine)}`);
  return found;
}

async function lookUp(source: AddressSource, { node, hostAddress, client }: Machine): Promise<string> {
  if (source.from === 'value') return source.address;
  if (source.from === 'host') return hostAddress;
  const { metadata, status } = await client().get<Node>(NODE, { name: node });
  const found =
    source.from === 'annotation'
      ? metadata.annotations?.[source.key]
      : status?.addresses?.find(({ type }) => type === 'ExternalIP')?.address;
  if (found === undefined || found === '')
    throw new AddressError(`Node ${node} has no external address: set ${placeOf(source, { node })}`);
  return found.trim();
}

function placeOf(source: AddressSource, { node }: Pick<Machine, 'node'>): string {
  switch (source.from) {
    case 'value':
      return 'externalAddress.value of the chart';
    case 'annotation':
      return `the annotation ${source.key} of Node ${node}`;
    case 'node':
      return `the address of type ExternalIP of Node ${node}`;
    case 'host':
      return 'the host address of the pod';
  }
}
