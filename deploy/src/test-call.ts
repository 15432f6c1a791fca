// SPDX-License-Identifier: Apache-2.0
import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { parseArgs } from 'node:util';
import { sdp, SipPeer, type PeerMessage } from '../../e2e/src/sip/index.ts';

// `helm test`: places a call at the edge, from this pod. Without --username, or a domain that a trunk has, it is refused: that
// says as well that SIP arrives, that the proxy has its configuration, and that policy decides. With --expect answered the call
// must be answered, and is hung up.

const { values } = parseArgs({
  options: {
    edge: { type: 'string' },
    to: { type: 'string' },
    from: { type: 'string', default: '+15550100' },
    username: { type: 'string' },
    expect: { type: 'string', default: 'decision' },
    seconds: { type: 'string', default: '30' },
    address: { type: 'string' },
  },
});
const [host = '', port = '5060'] = (values.edge ?? '').split(':');
if (host === '' || values.to === undefined) {
  process.stderr.write(
    'test-call --edge HOST:PORT --to SIPURI [--from NUMBER] [--username NAME] [--expect answered]\n',
  );
  process.exit(2);
}

const { address } = await lookup(host, { family: 4 }).catch((error: unknown) => failed(error));
const peer = await SipPeer.open({ address: values.address ?? ownAddress(), name: 'test-call' });
const password = process.env['TEST_CALL_PASSWORD'];
const call = peer.invite({
  to: values.to,
  from: values.from,
  proxy: { address, port: Number(port) },
  // Nobody listens to the media of a call that is hung up at once.
  sdp: sdp({ address: peer.address, port: 40_000 }),
  ...(values.username !== undefined && password !== undefined
    ? { auth: { username: values.username, password } }
    : {}),
});
const final = await call.final(Number(values.seconds) * 1_000).catch((error: unknown) => failed(error));
if (final.status < 300) await call.bye();
await peer.close();
const passed = isPass(final);
const reason = final.header('Reason');
process.stdout.write(
  `${passed ? 'ok' : 'FAILED'}: ${values.to} was answered ${final.status} ${final.reason}${reason === '' ? '' : ` (${reason})`}\n`,
);
process.exit(passed ? 0 : 1);

/** An answer of the proxy's own names its cause; anything else would be of something on the way. */
function isPass(answer: PeerMessage): boolean {
  if (answer.status < 300) return true;
  if (values.expect === 'answered') return false;
  return /^Trunkline;cause=/.test(answer.header('Reason')) || answer.status === 407;
}

function failed(error: unknown): never {
  process.stdout.write(`FAILED: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((some) => some ?? []);
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}
