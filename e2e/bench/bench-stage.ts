// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { carrier, freePort, startTrunkline, trunk, type Trunkline } from '../src/index.ts';
import type { BenchOptions } from './options.ts';

/** Addresses that nothing else of the tests uses: the media ports of a run are free. */
export const EDGE = '127.0.0.20';
export const PBX = '127.0.0.21';
export const PSTN = '127.0.0.22';

export const CREDENTIALS = { username: 'pbx', password: 'Bench-Passw0rd' };
export const CALL = { from: '+15550100', to: '+442079460123', domain: 'bench.pstn.example.com' };

export interface BenchStage {
  up: Trunkline;
  /** Port of the carrier's gateway on `PSTN`. */
  gatewayPort: number;
}

/** A trunk that is believed by address and digest, and a carrier that takes all numbers. */
export const startBenchStage = async (options: BenchOptions): Promise<BenchStage> => {
  const gatewayPort = await freePort(PSTN);
  const { username, password } = CREDENTIALS;
  const up = await startTrunkline({
    media: options.media,
    sip: `${EDGE}:0`,
    mediaAddress: EDGE,
    mediaPorts: mediaPorts(options),
    // Warnings and worse: what it says of each call goes through a pipe, and it would wait for whoever reads that.
    rtpengineArgs: ['--log-level=4'],
    // SIPp would take an OPTIONS for a call that goes wrong.
    args: ['--probe-interval', '0'],
    manifests: [
      ...trunk('bench', { acl: [`${PBX}/32`], users: { [username]: password }, numbers: [CALL.from] }),
      carrier('pstn', [{ host: PSTN, port: gatewayPort }]),
    ],
    env: profiled(options.profile),
  });
  return { up, gatewayPort };
};

/** Four for each call at one time, and half as many again for calls that take longer than they should. */
const mediaPorts = ({ rate, hold }: BenchOptions): number => Math.min(20_000, rate * (hold + 1) * 6 + 400);

const profiled = (folder: string | undefined): NodeJS.ProcessEnv => {
  if (folder === undefined) return {};
  const path = resolve(folder);
  mkdirSync(path, { recursive: true });
  return { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${path}` };
};
