// SPDX-License-Identifier: Apache-2.0
import { clearAcks } from '@trunkline/operator';
import { recordPaths } from '@trunkline/sip-proxy/records';
import type { CertificateFiles } from './certificate.ts';
import type { DataFolder } from './data-folder.ts';
import type { UpOptions } from './options.ts';
import { engineSpec, proxySpec, relaySpec, type ProgramScripts } from './programs.ts';
import { addressIn } from './ready-line.ts';
import { SupervisedProgram, type ProgramEvents, type RestartTiming } from './supervised-program.ts';

/** The programs of one machine, in the order in which they need each other. */
export interface RunningPrograms {
  engine?: SupervisedProgram;
  relay?: SupervisedProgram;
  proxy: SupervisedProgram;
}

export interface ProgramsStart {
  options: UpOptions;
  data: DataFolder;
  /** For TLS, where it listens. */
  certificate: CertificateFiles | undefined;
  scripts: ProgramScripts;
  events: ProgramEvents;
  timing: RestartTiming;
  /** Told of every program before it is started, so that a stop reaches it; may throw. */
  starting: (program: SupervisedProgram) => void;
}

/** Starts engine and relay together, then the proxy. Rejects where one does not come up. */
export async function startPrograms(start: ProgramsStart): Promise<RunningPrograms> {
  const { options, data, certificate, scripts, events, timing, starting } = start;
  const supervise = (spec: ConstructorParameters<typeof SupervisedProgram>[0]): SupervisedProgram => {
    const program = new SupervisedProgram(spec, events, timing);
    starting(program);
    return program;
  };
  const engine = options.engine
    ? undefined
    : supervise(engineSpec(options, data, certificate, scripts.engine));
  const relay = options.media === undefined ? supervise(relaySpec(options, scripts.relay)) : undefined;
  const [engineReady, relayReady] = await Promise.all([engine?.start(), relay?.start()]);
  const surroundings = {
    engine: engineReady,
    relay: relayReady,
    spool: recordPaths(data.path).spool,
    // What an earlier proxy acknowledged says nothing about this one.
    prepare: () => clearAcks(data.shards),
  };
  const proxy = supervise(proxySpec(options, data, surroundings, scripts.proxy));
  await proxy.start();
  return { ...(engine && { engine }), ...(relay && { relay }), proxy };
}

/** Metrics addresses of those that serve. */
export function metricsAddresses(programs: readonly SupervisedProgram[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const program of programs) {
    const address = addressIn(program.ready, 'metrics');
    if (program.serving && address !== undefined) found.set(program.name, address);
  }
  return found;
}
