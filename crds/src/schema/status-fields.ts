// SPDX-License-Identifier: Apache-2.0
import { Type, type Static, type TProperties } from 'typebox';
import { asMap, choice, object, text } from './fields.ts';

/** metav1.Condition, with the same limits. */
export const ConditionSchema = object(
  {
    type: text(
      316,
      'Name of the condition: Accepted, ResolvedRefs, Programmed, Ready, Stalled or Reconciling.',
    ),
    status: choice(['True', 'False', 'Unknown'], 'Whether the condition holds.'),
    observedGeneration: Type.Optional(
      Type.Integer({
        description: 'Generation of the spec (metadata.generation) that this condition speaks of.',
        minimum: 0,
        format: 'int64',
      }),
    ),
    lastTransitionTime: Type.String({
      description: 'When status last changed, RFC 3339.',
      format: 'date-time',
      maxLength: 64,
    }),
    reason: Type.String({
      description: 'Stable word for programs that says why.',
      minLength: 1,
      maxLength: 1024,
      pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
    }),
    message: text(32768, 'What a person should know, and do.'),
  },
  'One observation about the resource.',
);
export type Condition = Static<typeof ConditionSchema>;

/** The status of a kind: its own fields between `sid` and the two fields that all kinds share. */
export function statusOf<T extends TProperties>(own: T) {
  return Type.Object(
    {
      sid: Type.Optional(
        Type.String({
          description:
            'Identifier in the API and in call records: two letters and 32 hex digits, derived from kind, namespace and name.',
          maxLength: 34,
        }),
      ),
      ...own,
      observedGeneration: Type.Optional(
        Type.Integer({
          description:
            'Generation of the spec (metadata.generation) that this status speaks of; -1 until the operator has looked at it.',
          minimum: -1,
          format: 'int64',
        }),
      ),
      conditions: Type.Optional(
        Type.Array(ConditionSchema, {
          description: 'Latest observations, one of each type.',
          ...asMap(16, ['type']),
        }),
      ),
    },
    { description: 'What the operator observed; written by the operator alone.' },
  );
}

/** A number of things. */
export function count(description: string) {
  return Type.Optional(Type.Integer({ description, minimum: 0, format: 'int32' }));
}

export function time(description: string) {
  return Type.Optional(Type.String({ description, format: 'date-time', maxLength: 64 }));
}
