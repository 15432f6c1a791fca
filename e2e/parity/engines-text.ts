// SPDX-License-Identifier: Apache-2.0
import { flows, timeLimits } from './flows/index.ts';

/** The parts of `docs/reference/engines.md` that people write. */
export const BEFORE = `# The two SIP engines

sip-proxy is one drachtio-srf application that runs on either of two engines:

| | sip-engine | drachtio-server |
| --- | --- | --- |
| where | \`trunkline up\`, tests | the chart \`trunkline-edge\`, \`trunkline up --engine drachtio://HOST:PORT?secret=S\` |
| what | TypeScript, in this repository | C++, <https://drachtio.org>, a container image |
| configuration | flags (\`sip-engine/src/flags.ts\`) | \`deploy/src/drachtio-config.ts\`, written by the edge's init container |

What works on a laptop has to work in production. So sip-engine by default (\`--parity on\`) does what drachtio-server does, quirks
included, where a trunk could notice; with \`--parity off\` it does what the RFCs say. This page is written by the parity suite
(\`e2e/parity\`): ${flows.length + timeLimits.length} call flows, each played on both engines, with everything compared that apps and SIP peers see. What each party saw on
drachtio-server is recorded in \`e2e/parity/recorded\`; \`make test\` plays all flows on sip-engine, with and without parity, and fails on
any difference that is not listed below. \`trunkline up\` starts its engine with \`--parity off\`: a machine that carries calls on its own gets what
the RFCs say. What an edge of the charts does instead is below, and \`--engine\` gives it to \`trunkline up\`.
`;

export const BETWEEN = `## Run it on your own drachtio-server

    make install
    PATH=/where/drachtio/is:$PATH make parity

With \`drachtio\` on PATH the suite starts as many as it needs, with the configuration that we ship. One that runs already, on this
machine, is named by \`DRACHTIO_URL="drachtio://127.0.0.1:9022?secret=S&sip=127.0.0.1:5060" make parity\`; no other app may be connected to
it, and its timers must be those of \`deploy/src/drachtio-config.ts\`. After an upgrade of drachtio-server, \`PARITY_RECORD=drachtio make parity\`
writes down what is seen in place of comparing it: look at the difference of \`e2e/parity/recorded/drachtio.json\`, and write this page again
(\`UPDATE_DOCS=1\` on \`e2e/tests/engines-page.test.ts\`).
`;

export const AFTER = `## Timers

Both engines run with \`t1x64\` = 4,000 ms: a target that says nothing at all for 4 s is given up, and the next one is tried. In
drachtio-server this one setting is timer B, and F, H and J as well; sip-engine has 64 x T1 = 32 s for everything but the hunt. Measured, with a peer
that never answers:

| what | drachtio-server | sip-engine with parity | without |
| --- | --- | --- | --- |
| INVITE and OPTIONS to a silent target | 3 times, given up after 4 s | the same | 4 times, given up after 4 s |
| BYE that is not answered | 3 times: after 0, 1 and 3 s | 10 times, until 31 s | 11 times, until 31.5 s |
| CANCEL that is not answered | 3 times, until 3 s | 10 times, until 31 s | 11 times, until 31.5 s |
| refusal (486) without its ACK | 4 times, until 3.5 s | 11 times, until 31.5 s | the same |
| 200 to an INVITE without its ACK | 11 times, until 31.5 s; then BYE | the same | the same |
| a BYE of the peer that it repeats, because our 200s were lost | answered 200 for 4 s, then 481 | 200 for 32 s | the same |

The proxy hears of an unanswered BYE after 4 s on either engine (408), ends the call, and says so in the warnings of its record. What differs is
whether the peer learns of it. Over UDP with 1 % loss one BYE in 1,000,000 never gets through from drachtio-server; with 10 % loss, one in
1,000: that peer stays in a call with nobody until it notices the silence itself. From sip-engine it is one in 10,000,000,000. Carriers and PBXs on bad paths
belong on TCP or TLS, where nothing of this matters. \`e2e/tests/lossy.test.ts\` (500 calls, 10 % of the datagrams lost, 10 % twice, 10 % out of order, on both
sides) is green on sip-engine as it is. On drachtio-server every call that the proxy saw ended on both sides, with one right record; 17 of the 125
calls with digest were refused with 491 and have none (*The INVITE with credentials comes before the ACK of the 407*), and one caller whose BYE was answered four times in vain was told 481.

A longer \`t1x64\` for drachtio-server would repeat longer, and make every failover as much slower.

## What else differs

Seen on the drachtio-server above, except where it says *read*: in its source.

| what | drachtio-server | sip-engine |
| --- | --- | --- |
| TLS versions | 1.2 and 1.3; \`sip.tls.minVersion\` in the chart lowers it to 1.0. It cannot ask for 1.3 alone | the same; \`--tls-min-version\` takes 1.3 too |
| ciphers | \`sip.tls.ciphers\`: OpenSSL names with colons between them; what has \`!\`, \`-\` or \`+\` in front is lost | \`--tls-ciphers\`: any OpenSSL list |
| certificates of peers that we connect to | never verified (*read*): a secure trunk is encrypted, and does not know with whom | verified; \`--tls-verify off\`, \`--tls-ca\` |
| a renewed certificate | after a restart of the pod (*read*) | within seconds, calls stay up |
| the chain of the certificate | \`chain-file\`, without which it does not start with TLS; the configuration names \`tls.crt\` for both | in \`--tls-cert\` |
| names | name servers alone: not \`/etc/hosts\`, not \`localhost\` | the system's \`/etc/hosts\` as well |
| why a name failed, in the call record | \`DNS Error\` | which question failed, and how |
| a UDP port where nobody listens (ICMP) | the next target at once | silence: after 4 s |
| a TCP connection that the target closes without an answer | the next target after 4 s | at once |
| IPv6 | requests within calls go nowhere, unless \`drachtio.extraArgs\` has \`--disable-nat-detection\` | works |
| a target that never ends an INVITE that was cancelled | 408 for the app or nothing, by chance; the proxy has a limit of its own | 408 |
| a reliable 18x (\`Require: 100rel\` of the caller) that gets no PRACK for 4 s (\`e2e/tests/corners-extensions.test.ts\`) | **the server dies** (SIGSEGV), and with it every call of the pod; so sip-proxy sends none there: \`Require: 100rel\` is 420 unless \`--reliable-provisionals on\` | repeated for 32 s, then 503 |
| bytes below a blank in a body (ISUP beside the SDP, \`e2e/tests/corners-messages.test.ts\`) | the call does not get through | it does |
| floods, scanners, slow connections | whatever is in front of it | [limits.md](limits.md) |
| metrics of the engine | its own Prometheus port, not set up by the chart | \`trunkline_engine_*\` |
`;
