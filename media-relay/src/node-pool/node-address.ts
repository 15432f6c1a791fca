// SPDX-License-Identifier: Apache-2.0
import type { NgAddress } from '../ng/ng-client.ts';

/**
 * Reads `host:port` or `ng://host:port`; the host is a name or an IPv4 address.
 *
 * @throws Error that names the value and the form expected
 */
export function parseNodeAddress(value: string): NgAddress {
  const match = /^(?:ng:\/\/)?([A-Za-z0-9._-]+):(\d{1,5})$/.exec(value);
  const host = match?.[1];
  const port = Number(match?.[2]);
  if (host === undefined || !(port >= 1 && port <= 65535)) {
    throw new Error(`media node "${value}" is not HOST:PORT or ng://HOST:PORT, such as ng://127.0.0.1:22222`);
  }
  return { host, port };
}
