// SPDX-License-Identifier: Apache-2.0
import { KubeClient, loadKubeConfig } from '@trunkline/kube';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { drachtioConfig, TLS_VERSIONS, type TlsVersion } from './drachtio-config.ts';
import { AddressError, externalAddress, parseSource } from './external-address.ts';

// Init container of both tiers: finds the address that others reach this machine at, and writes what the programs after it read:
// `external-address`, and with --secret-file `drachtio.conf.xml`.

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: '/run/trunkline' },
    from: { type: 'string', default: 'host' },
    node: { type: 'string', default: '' },
    'host-address': { type: 'string', default: '' },
    kubeconfig: { type: 'string' },
    'secret-file': { type: 'string' },
    'admin-port': { type: 'string', default: '9022' },
    'sip-port': { type: 'string', default: '5060' },
    'tls-port': { type: 'string' },
    'tls-dir': { type: 'string' },
    'tls-min-version': { type: 'string', default: '1.2' },
    'local-net': { type: 'string' },
  },
});

try {
  await prepare();
  process.exit(0);
} catch (error) {
  const known = error instanceof AddressError;
  process.stderr.write(`prepare-edge: ${known ? error.message : String(error)}\n`);
  process.exit(1);
}

async function prepare(): Promise<void> {
  const local = values['host-address'];
  const { kubeconfig } = values;
  const external = await externalAddress(parseSource(values.from), {
    node: values.node,
    hostAddress: local,
    client: () =>
      new KubeClient(loadKubeConfig(kubeconfig === undefined ? {} : { file: kubeconfig }), {
        userAgent: 'trunkline-prepare-edge',
      }),
  });
  writeFileSync(join(values.out, 'external-address'), external);
  process.stderr.write(`prepare-edge: ${local} is ${external} to others\n`);
  const secretFile = values['secret-file'];
  if (secretFile === undefined) return;
  const tlsPort = values['tls-port'];
  const config = drachtioConfig({
    admin: { port: Number(values['admin-port']), secret: readFileSync(secretFile, 'utf8').trim() },
    local,
    external,
    ports: { sip: Number(values['sip-port']), tls: tlsPort === undefined ? undefined : Number(tlsPort) },
    tlsDir: values['tls-dir'],
    tlsMinVersion: tlsVersion(values['tls-min-version']),
    localNet: values['local-net'],
  });
  writeFileSync(join(values.out, 'drachtio.conf.xml'), config, { mode: 0o640 });
}

function tlsVersion(text: string): TlsVersion {
  const known = TLS_VERSIONS.find((version) => version === text);
  if (known === undefined) throw new Error(`--tls-min-version is ${TLS_VERSIONS.join(', ')}, not ${text}`);
  return known;
}
