// SPDX-License-Identifier: Apache-2.0
export { startEngine, type EngineOptions, type HostPort, type RunningEngine } from './start-engine.ts';
