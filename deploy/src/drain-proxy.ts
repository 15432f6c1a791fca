// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

// preStop of the sip-proxy container. Its SIGTERM makes the proxy take no new calls and end when the last call has ended, and the
// container with it. Where calls outlast --seconds this returns, and the kubelet's own SIGTERM, being the second, has them hung up
// with a BYE, which the SIGKILL at the end of the grace period would not.

const { values } = parseArgs({
  options: { pid: { type: 'string', default: '1' }, seconds: { type: 'string', default: '3600' } },
});
const pid = Number(values.pid);
const deadline = Date.now() + Number(values.seconds) * 1_000;

if (alive('SIGTERM')) while (Date.now() < deadline && alive(0)) await pause(500);
process.exit(0);

/** Sends the signal; false where there is no such process any more. */
function alive(signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
