// SPDX-License-Identifier: Apache-2.0
import type { API_VERSION } from './kind-definition.ts';

/** The part of Kubernetes' ObjectMeta that Trunkline reads. */
export interface ResourceMetadata {
  name: string;
  /** Absent for cluster-scoped kinds. */
  namespace?: string;
  /** 1 in manifests that name none. */
  generation: number;
  uid?: string;
  /** RFC 3339. */
  creationTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface CustomResource<Kind extends string, Spec, Status> {
  apiVersion: typeof API_VERSION;
  kind: Kind;
  metadata: ResourceMetadata;
  spec: Spec;
  status?: Status;
}
