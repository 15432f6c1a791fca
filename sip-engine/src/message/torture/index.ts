// SPDX-License-Identifier: Apache-2.0
import { invalidLines } from './invalid-lines.ts';
import { invalidValues } from './invalid-values.ts';
import { unknownThings } from './semantics-unknown.ts';
import { oddValues } from './semantics-values.ts';
import type { TortureMessage } from './torture-message.ts';
import { validCharacters } from './valid-characters.ts';
import { validShapes } from './valid-shapes.ts';

export type { EdgeAnswer, ParserVerdict, TortureMessage } from './torture-message.ts';

/** All messages of RFC 4475, in its order. */
export const tortureMessages: readonly TortureMessage[] = [
  ...validCharacters,
  ...validShapes,
  ...invalidLines,
  ...invalidValues,
  ...unknownThings,
  ...oddValues,
];
