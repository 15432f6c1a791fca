// SPDX-License-Identifier: Apache-2.0
export type { Command, CommandTable, Io } from './io.ts';
export { renderLadder, type LadderOptions } from './ladder.ts';
export { run } from './run.ts';
export { explainCommand } from './commands/explain.ts';
