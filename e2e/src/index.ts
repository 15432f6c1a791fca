// SPDX-License-Identifier: Apache-2.0
export * from './sip/index.ts';
export { eventually } from './eventually.ts';
export { openLossyUdp, type LossyShares, type LossyUdp, type LossyUdpOptions } from './lossy-udp.ts';
export { inEngine, onDrachtio } from './drachtio.ts';
export { freePort, isBound } from './free-port.ts';
export { isInstalled, requireProgram, startProgram, type Program } from './program.ts';
export { runSipp, startSipp, type Sipp, type SippOptions, type SippResult } from './sipp.ts';
export { mediaPortRange } from './media-ports.ts';
export { startRtpengine, type Rtpengine } from './rtpengine.ts';
export * from './resources.ts';
export {
  startTrunkline,
  TRUNKLINE,
  type Gauges,
  type MediaBackend,
  type Trunkline,
  type TrunklineOptions,
} from './trunkline-up.ts';
export { timesOutOfOrder } from './call-record.ts';
export { runTrunkline, type CommandResult } from './command.ts';
export { sumByName } from './metrics-page.ts';
export { ngCalls, ngRequest } from './ng-request.ts';
export { createTlsMaterial, type TlsMaterial } from './tls-material.ts';
export { startBaresip, type Baresip, type BaresipOptions } from './baresip.ts';
