// SPDX-License-Identifier: Apache-2.0

/*
 * What `kubectl trunkline help COMMAND` prints below the summary.
 */

const CLUSTER = `
  --context K             context of the kubeconfig                                     default the current one
  --kubeconfig FILE       default KUBECONFIG, then ~/.kube/config
  --operator-namespace NS where the operator runs              default TRUNKLINE_NAMESPACE, then trunkline-system
`;

const NAMESPACE = `
  -n, --namespace NS      default that of the context
  -A, --all-namespaces    trunks of all
`;

export const TRUNKS = `
kubectl trunkline trunks [-n NS | -A] [--json]
${NAMESPACE}${CLUSTER.slice(1)}
PROGRAMMED counts the edges whose proxies all have the trunk as it is; without rights in the operator's namespace it is the
trunk's condition.
`;

export const EDGES = `
kubectl trunkline edges [--json]
${CLUSTER}
Edges, and of each proxy whether it is alive and has what is published.
`;

export const EXPLAIN = `
kubectl trunkline explain --to SIPURI --from NUMBER --source IP[:PORT] [flags]

Flags as of \`trunkline explain\` (see \`trunkline help explain\`), without -f: the decision is by what the operator has
published for the proxies.
${CLUSTER}
Who is in the credential lists is read, with hashes of passwords, only where --user or --authorization asks for it.
`;

export const CALLS = `
kubectl trunkline calls [ID] [--database URL | --database-secret NAME] [flags]

  --database URL          postgres://... of the call records                            default TRUNKLINE_DATABASE
  --database-secret NAME  Secret with that URL under the key url, of the operator's namespace, or NAMESPACE/NAME: the one of
                          records.databaseSecret of charts/trunkline-edge
${CLUSTER.slice(1)}
Other flags as of \`trunkline calls\` (see \`trunkline help calls\`).
`;

export const DNS = `
kubectl trunkline dns [--names] [--external-dns | --json]

Flags as of \`trunkline dns\`; edges, trunks and base domain are those of the cluster.
${CLUSTER}`;

export const VERSION = `
kubectl trunkline version
`;
