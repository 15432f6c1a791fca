// SPDX-License-Identifier: Apache-2.0
import { targetAddress, type Transport } from '@trunkline/crds';
import { parseSipUri } from '../policy/sip-uri.ts';

/** The address of the target that an INVITE with this Request-URI goes to. */
export const addressOfUri = (uri: string, transport: Transport): string => {
  const { host = '', port } = parseSipUri(uri) ?? {};
  return targetAddress({ host, port, transport });
};
