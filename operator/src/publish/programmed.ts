// SPDX-License-Identifier: Apache-2.0
import type { Condition } from '../compile/conditions.ts';
import type { ResourceStatus } from '../compile/statuses.ts';
import { shardName } from '../shard/shard-name.ts';
import type { Acknowledgement } from './acknowledgements.ts';

/** What is published and what live proxies say about it. */
export interface Rollout {
  /** Revisions by document name, as published. */
  revisions: Record<string, string>;
  /** One for each live proxy; a live proxy that has said nothing yet has empty revisions. */
  acks: readonly Acknowledgement[];
}

/** What `Programmed` says. */
export type ProgrammedState = Pick<Condition, 'status' | 'reason' | 'message'>;

/**
 * The status with `Programmed`, and `Ready` where only that was missing. True where every live proxy has applied what
 * is published of the namespace. Kinds without `Programmed` are returned as they are.
 */
export function withProgrammed(status: ResourceStatus, namespace: string, rollout: Rollout): ResourceStatus {
  return withProgrammedState(status, () => programmed(documentsOf(shardName(namespace)), rollout));
}

/** The status with `Programmed` as given, and `Ready` where only that was missing. */
export function withProgrammedState(status: ResourceStatus, stateOf: () => ProgrammedState): ResourceStatus {
  if (!status.conditions.some((condition) => condition.type === 'Programmed')) return status;
  const state = stateOf();
  return { ...status, conditions: status.conditions.map((condition) => withState(condition, state)) };
}

/** Names of the documents that a proxy needs for what is in a routing shard. */
export function documentsOf(shard: string): string[] {
  return ['global', 'secret-global', shard, `secret-${shard}`];
}

function withState(condition: Condition, state: ProgrammedState): Condition {
  if (condition.type === 'Programmed') return { ...condition, ...state };
  if (condition.type !== 'Ready' || condition.status !== 'Unknown') return condition;
  const reason = state.status === 'True' ? 'Ready' : state.reason;
  return { ...condition, ...state, reason };
}

function programmed(names: string[], { revisions, acks }: Rollout): ProgrammedState {
  const behind = acks.filter((ack) => names.some((name) => ack.revisions[name] !== revisions[name]));
  if (acks.length === 0) {
    return {
      status: 'False',
      reason: 'NoProxy',
      message: 'No proxy is alive. Start one, or look at its log.',
    };
  }
  if (behind.length === 0) {
    return {
      status: 'True',
      reason: 'Programmed',
      message: `Applied by ${acks.length} of ${acks.length} proxies.`,
    };
  }
  const waiting = behind.map((ack) => ack.instance).join(', ');
  const done = acks.length - behind.length;
  return {
    status: 'False',
    reason: 'Pending',
    message: `Applied by ${done} of ${acks.length} proxies; waiting for ${waiting}.`,
  };
}
