// SPDX-License-Identifier: Apache-2.0
import { table } from '../table.ts';
import type { CertificateFiles } from './certificate.ts';
import type { DataFolder } from './data-folder.ts';
import type { LiveConfig } from './live-config.ts';
import type { MetricsServer } from './metrics-server.ts';
import type { UpOptions } from './options.ts';
import type { RunningPrograms } from './programs-running.ts';
import { addressIn, sipIn } from './ready-line.ts';

/** What there is to say when calls can come. */
export interface ReadyFacts {
  options: UpOptions;
  programs: RunningPrograms;
  metrics: MetricsServer | undefined;
  config: LiveConfig;
  data: DataFolder;
  certificate: CertificateFiles | undefined;
  revision: string;
}

/** For people; ends with `ready` and the SIP address. */
export function readyText(facts: ReadyFacts): string {
  const { options, metrics, config, data, certificate, revision } = facts;
  const domains = config.terminationDomains();
  const rows = [
    ['manifests', `${options.path}, ${config.resources} resources, revision ${revision}`],
    ['data', data.path],
    ['media', mediaOf(facts)],
    ...(certificate?.authority === undefined
      ? []
      : [['TLS authority', `${certificate.authority}: peers must trust it`]]),
    ['metrics', metrics ? `http://${metrics.address}/metrics` : 'off'],
    ...domains.map(({ trunk, domain }) => [`trunk ${trunk}`, domain]),
  ];
  if (domains.length === 0) rows.push(['trunks', 'none has a termination domain']);
  return `${table(rows)}ready: SIP at ${sipText(facts)}\n`;
}

/** One line of JSON, for programs. */
export function readyJson(facts: ReadyFacts): string {
  const { options, programs, metrics, config, data, revision } = facts;
  const all = [programs.engine, programs.relay, programs.proxy].filter((program) => program !== undefined);
  const line = {
    event: 'ready',
    program: 'trunkline',
    sip: sipIn(programs.engine?.ready),
    ...(options.engine && { engine: options.engine.url }),
    metrics: metrics?.address,
    media: options.media ?? `ng://${addressIn(programs.relay?.ready, 'ng') ?? ''}`,
    data: data.path,
    revision,
    domains: config.terminationDomains(),
    pids: Object.fromEntries(all.map((program) => [program.name, program.pid])),
    programMetrics: Object.fromEntries(
      all.map((program) => [program.name, addressIn(program.ready, 'metrics')]),
    ),
  };
  return `${JSON.stringify(line)}\n`;
}

function sipText({ options, programs }: ReadyFacts): string {
  if (options.engine) return `the addresses of ${options.engine.url}`;
  const { udp = '', tcp = '', tls } = sipIn(programs.engine?.ready);
  const plain = udp === tcp ? `${udp} (UDP and TCP)` : `${udp} (UDP), ${tcp} (TCP)`;
  return tls === undefined ? plain : `${plain}, ${tls} (TLS)`;
}

function mediaOf({ options, programs }: ReadyFacts): string {
  if (options.media !== undefined) return options.media;
  return `embedded relay, UDP ports ${options.mediaPorts}, ng://${addressIn(programs.relay?.ready, 'ng') ?? ''}`;
}
