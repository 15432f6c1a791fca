// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { formatProblem, type Problem } from './problem.ts';

const problem: Problem = {
  severity: 'error',
  file: 'acme/trunk.yaml',
  line: 7,
  column: 3,
  kind: 'Trunk',
  namespace: 'acme',
  name: 'main',
  field: 'spec.secure',
  value: '"yes"',
  message: 'must be true or false',
  remedy: 'Write true or false',
};

describe('formatProblem', () => {
  it('says where, what, and what to do', () => {
    expect(formatProblem(problem)).toBe(
      'acme/trunk.yaml:7:3: Trunk acme/main: spec.secure: must be true or false (got "yes"). Write true or false.',
    );
  });

  it('leaves out what is not known', () => {
    const { severity, file, line, column, message, remedy, kind = '', name = '' } = problem;
    const bare = { severity, file, line, column, message, remedy };
    expect(formatProblem({ ...bare, kind, name, field: '' })).toBe(
      'acme/trunk.yaml:7:3: Trunk main: must be true or false. Write true or false.',
    );
    expect(formatProblem({ ...bare, field: 'kind' })).toBe(
      'acme/trunk.yaml:7:3: kind: must be true or false. Write true or false.',
    );
  });

  it('marks a warning, and sets one stop', () => {
    const texts = { message: 'is doubtful.', remedy: 'Did you mean it?' };
    expect(formatProblem({ ...problem, ...texts, severity: 'warning' })).toBe(
      'acme/trunk.yaml:7:3: warning: Trunk acme/main: spec.secure: is doubtful (got "yes"). Did you mean it?',
    );
    expect(formatProblem({ ...problem, remedy: 'Stop.' })).toMatch(/Stop\.$/);
  });
});
