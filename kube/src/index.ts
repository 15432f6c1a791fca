// SPDX-License-Identifier: Apache-2.0
/** The controller runtime: what an operator is made of, on @kubernetes/client-node's credentials alone. */
export { loadKubeConfig } from './load-config.ts';
export { KubeClient } from './api/kube-client.ts';
export type {
  ApplyOptions,
  DeleteOptions,
  ListQuery,
  Page,
  Selection,
  WatchEvent,
  WatchQuery,
} from './api/kube-client.ts';
export type { RequestOptions, TransportOptions } from './api/transport.ts';
export { isKubeError, KubeError, type KubeErrorCode } from './api/kube-error.ts';
export { CONFIG_MAP, EVENT, keyOf, LEASE, NAMESPACE, refOf, SECRET } from './api/objects.ts';
export type { KubeObject, ObjectMeta, ObjectRef, ResourceKind } from './api/objects.ts';

export { Reflector, type ReflectorOptions } from './reflector/reflector.ts';
export { REFLECTOR_TIMING, type ReflectorTiming } from './reflector/timing.ts';
export { Cache, type Change, type IndexFunction, type Lister } from './reflector/cache.ts';

export { WorkQueue, type WorkQueueOptions } from './queue/work-queue.ts';
export { TokenBucket } from './queue/token-bucket.ts';
export {
  Controller,
  TerminalError,
  type ControllerOptions,
  type Reconcile,
} from './controller/controller.ts';

export {
  ELECTION_TIMING,
  LeadershipLostError,
  leadWhile,
  type ElectionOptions,
  type ElectionTiming,
  type Leadership,
} from './election/elect.ts';
export { microTime, type Lease } from './election/lease.ts';

export { Applier, type Applied, type ApplierOptions, type ApplyRequest } from './writing/applier.ts';
export { hashOf, isEqual } from './writing/hash.ts';
export { isTrue, withTransitionTimes, type Condition, type WantedCondition } from './writing/conditions.ts';
export { addFinalizer, hasFinalizer, isBeingDeleted, removeFinalizer } from './writing/finalizers.ts';

export { EventRecorder, type EventRecorderOptions, type KubeEvent } from './events/event-recorder.ts';
export { Correlator, CORRELATOR_LIMITS, type CorrelatorLimits } from './events/correlator.ts';

export { createRuntimeMetrics, type RuntimeMetrics } from './observe/metrics.ts';
export { startHealthServer, type Check, type HealthServer } from './observe/health-server.ts';
