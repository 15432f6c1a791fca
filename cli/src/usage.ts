// SPDX-License-Identifier: Apache-2.0
import { CALLS_USAGE } from './commands/calls-options.ts';

/*
 * What `trunkline help COMMAND` prints below the summary. The flags are a contract: DESIGN §6.
 */

export const UP = `
trunkline up -f DIR [flags]

  -f, --file DIR          manifests (*.yaml, *.yml, also in folders below); read again within a second when they change
  --base-domain D         domains are <label>.pstn.D; also the digest realm             default example.com
  --edge NAME             name of the Edge that this machine is                         default local
  --sip HOST:PORT         SIP over UDP and TCP; port 0 picks a free one                 default 127.0.0.1:5060
  --sips HOST:PORT        SIP over TLS too, usually port 5061
  --tls-cert, --tls-key   PEM files of its certificate (with chain) and key; without them one of its own, below --data
  --tls-ca FILE           authorities of peers that we call; default the system's
  --tls-client-ca FILE    peers that call us must show a certificate of these authorities
  --tls-verify on|off     whether certificates of peers that we call are verified       default on
  --tls-min-version V     1.0, 1.1, 1.2 or 1.3                                          default 1.2
  --tls-ciphers LIST      OpenSSL cipher list
  --engine URL            drachtio://HOST:PORT?secret=S instead of the embedded SIP engine
  --media URL             ng://HOST:PORT of rtpengine instead of the embedded relay; several with commas
  --media-ports MIN-MAX   UDP ports of the embedded relay                               default 20000-20999
  --database URL          postgres://... for call records instead of a folder in --data
  --data DIR              everything that is written                                    default .trunkline
  --metrics HOST:PORT     Prometheus /metrics and /healthz; off for none                default 127.0.0.1:9464
  --probe-interval S      seconds in which each gateway and origination URI gets an OPTIONS; 0: none   default 30
  --console HOST:PORT     web console and REST API: with a later release
  --verbose               the log lines of all programs, not only warnings
  --json                  the ready line as JSON

SIGTERM waits for calls to end and takes no new ones; SIGINT (Ctrl-C) and a second SIGTERM stop at once.
`;

export const CHECK = `
trunkline check -f DIR [--base-domain D]

  -f, --file DIR          manifests: a directory, or one file

Prints file:line: what is wrong. What to do. Exit code 1 where something is wrong, 0 where nothing is (warnings aside).
`;

export const EXPLAIN = `
trunkline explain -f DIR | --context K --to SIPURI --from NUMBER --source IP[:PORT] [flags]

  -f, --file DIR          manifests: a directory, or one file
  --context K             what the operator of a cluster has published instead, as kubectl trunkline explain
  --to SIPURI             Request-URI: sip:+15550123@acme.pstn.example.com
  --from NUMBER           user part of From; a whole header value is allowed as well
  --source IP[:PORT]      where the packet comes from; IPv6 with a port in brackets
  --transport T           udp, tcp or tls                                               default udp
  --method M              INVITE, OPTIONS or REGISTER                                   default INVITE
  --user U                take the digest of this user as right
  --authorization VALUE   Proxy-Authorization header instead
  --pai VALUE             P-Asserted-Identity header
  --rpid VALUE            Remote-Party-ID header
  --diversion VALUE       Diversion header; may be repeated
  --max-forwards N        Max-Forwards header                                           default 70
  --sdp-file FILE         SDP offer of the INVITE; without it the INVITE has none
  --base-domain D         default example.com
  --edge NAME             name of the edge that decides                                 default local
  --json                  decision, trace and attempts as JSON

Exit code 0 where the call is carried (or the request answered), 1 where it is refused.
`;

export const CALLS = CALLS_USAGE;

export const TRUNKS = `
trunkline trunks -f DIR [--data DIR] [--base-domain D] [--json]

  -f, --file DIR          manifests: a directory, or one file
  --data DIR              folder of a running trunkline up: whether PBXs and gateways answer   default .trunkline

What the manifests say; whether proxies have applied it is shown by trunkline up and, on Kubernetes, by kubectl.
`;

export const BANDWIDTH = `
trunkline bandwidth --calls N

  --calls N               calls at one time; each needs 100 kbit/s in each direction (G.711 with its headers)
`;

export const DNS = `
trunkline dns -f DIR [--base-domain D] [--names] [--external-dns | --json]

  -f, --file DIR          manifests with the Edges: a directory, or one file
  --base-domain D         names are <label>.pstn.D                                      default example.com
  --names                 a record for each trunk's domain, for servers without wildcards; default *, which is all of them
  --external-dns          the names that mean any edge as a DNSEndpoint; each edge's own come with charts/trunkline-edge
  --json                  the records as JSON
`;

export const LATER = `
The command comes with a later release.
`;

export const VERSION = `
trunkline version
`;
