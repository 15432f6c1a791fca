// SPDX-License-Identifier: Apache-2.0
import { KubeConfig } from '@kubernetes/client-node';

/** From the file where one is named; else as kubectl does it: `KUBECONFIG`, `~/.kube/config`, or the pod's own account. */
export function loadKubeConfig({ file, context }: { file?: string; context?: string } = {}): KubeConfig {
  const config = new KubeConfig();
  if (file === undefined) config.loadFromDefault();
  else config.loadFromFile(file);
  if (context !== undefined) config.setCurrentContext(context);
  return config;
}
