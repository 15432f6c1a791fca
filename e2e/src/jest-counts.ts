// SPDX-License-Identifier: Apache-2.0
// Prints `passed failed` of a Jest result file. A suite that did not even run counts as one failure, and so does a Jest
// that ended badly with every test green. Used by e2e/test.sh.
import { readFileSync } from 'node:fs';

interface JestResult {
  numPassedTests: number;
  numFailedTests: number;
  numRuntimeErrorTestSuites: number;
}

const [path = '', exitCode = '0'] = process.argv.slice(2);
const result = JSON.parse(readFileSync(path, 'utf8')) as JestResult;
const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
process.stdout.write(`${result.numPassedTests} ${failed === 0 && exitCode !== '0' ? 1 : failed}\n`);
