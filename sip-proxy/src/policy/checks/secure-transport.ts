// SPDX-License-Identifier: Apache-2.0
import { fail, pass, skip, type CheckedCall, type CheckResult } from './check.ts';

/** Check 2: calls to a secure trunk come over TLS. */
export function checkSecureTransport({ trunk, request }: CheckedCall): CheckResult {
  if (!trunk.secure) return skip('secure-transport', 'the trunk is not secure: any transport');
  const { transport } = request.source;
  if (transport === 'tls') return pass('secure-transport', 'signalling came over TLS');
  return fail(
    'secure-transport',
    'tls-required',
    `trunk ${trunk.key} is secure and signalling came over ${transport.toUpperCase()}: send to port 5061 over TLS`,
  );
}
