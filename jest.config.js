// SPDX-License-Identifier: Apache-2.0
const rooms = ['crds', 'kube', 'operator', 'media-relay', 'sip-engine', 'sip-proxy', 'cli'];

/** Every room's unit tests run from the sources: nothing is built first. */
const shared = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { module: { type: 'es6' }, jsc: { target: 'es2024' } }] },
};

/** @type {import('jest').Config} */
export default {
  coverageProvider: 'v8',
  // Processors are busy where tests run: what hangs is found out either way.
  testTimeout: 60_000,
  projects: [
    ...rooms.map((room) => ({ ...shared, displayName: room, testMatch: [`<rootDir>/${room}/src/**/*.test.ts`] })),
    { ...shared, displayName: 'e2e', testMatch: ['<rootDir>/e2e/tests/**/*.test.ts'] },
  ],
};
