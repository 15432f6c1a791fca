// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../../sip-engine/src/main.ts', import.meta.url));

export const ENGINE_SECRET = 'engine-secret';

/** The real SIP engine, in a process of its own, on ports of its own choice. */
export interface EngineProcess {
  sip: { address: string; port: number };
  admin: { host: string; port: number };
  /** Value of one of its metrics; NaN where there is none of that name. */
  metric(name: string): Promise<number>;
  readonly running: boolean;
  stop(): Promise<void>;
}

/** In milliseconds (RFC 3261 table 4): `t1x64` for timers B, F and H, `t1` for repeats and, 64 times, an ACK's absence. */
export interface EngineTimers {
  t1?: number | undefined;
  t1x64?: number | undefined;
}

export const startEngineProcess = async (
  { t1 = 500, t1x64 = 4000 }: EngineTimers = {},
  adminPort = 0,
): Promise<EngineProcess> => {
  const child: ChildProcess = spawn(
    process.execPath,
    [
      ['--disable-warning=ExperimentalWarning', MAIN],
      ['--sip', '127.0.0.1:0', '--admin', `127.0.0.1:${adminPort}`, '--metrics', '127.0.0.1:0'],
      [
        '--secret',
        ENGINE_SECRET,
        '--t1x64',
        String(t1x64),
        '--t1',
        String(t1),
        '--log-level',
        process.env['ENGINE_LOG'] ?? 'warn',
      ],
    ].flat(),
    { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, TRUNKLINE_CHILD: '1' } },
  );
  if (!child.stdout) throw new Error('no stdout');
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the engine ended with ${code} before it served`);
  });
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), failed])) as [string];
  const ready = JSON.parse(line) as {
    sip: { host: string; port: number }[];
    admin: string;
    metrics: string;
  };
  const [first] = ready.sip;
  if (!first) throw new Error(`no SIP address in ${line}`);
  const [host = '', port] = ready.admin.split(':');
  return {
    sip: { address: first.host, port: first.port },
    admin: { host, port: Number(port) },
    metric: async (name) => {
      const text = await (await fetch(`http://${ready.metrics}/metrics`)).text();
      const lines = text.split('\n').filter((each) => new RegExp(`^${name}[ {]`).test(each));
      return lines.length === 0 ? NaN : lines.reduce((sum, each) => sum + Number(each.split(' ').at(-1)), 0);
    },
    get running() {
      return child.exitCode === null && child.signalCode === null;
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
};
