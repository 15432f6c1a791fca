// SPDX-License-Identifier: Apache-2.0
import { startDemo, type Demo } from './demo.ts';
import { parseDemoOptions, USAGE, type DemoOptions } from './options.ts';

/** Exit codes: 0 both calls had audio, or it was stopped; 1 not so; 2 wrong flags. */
const main = async (): Promise<number> => {
  let options: DemoOptions;
  try {
    options = parseDemoOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n${USAGE}\n`);
    return 2;
  }
  const stop = new AbortController();
  const stopped = new Promise<'stopped'>((resolve) => {
    stop.signal.addEventListener('abort', () => {
      resolve('stopped');
    });
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      stop.abort();
    });
  }
  let demo: Demo | undefined;
  try {
    demo = await startDemo(options, (text) => process.stdout.write(`${text}\n`));
    return await show(demo, options, stopped);
  } catch (error) {
    // Ctrl-C reaches `trunkline up` as well: what it interrupts is no failure.
    if (stop.signal.aborted) return 0;
    process.stderr.write(`${messageOf(error)}\n`);
    return 1;
  } finally {
    await demo?.stop().catch((error: unknown) => process.stderr.write(`${messageOf(error)}\n`));
  }
};

const show = async (demo: Demo, { once }: DemoOptions, stopped: Promise<'stopped'>): Promise<number> => {
  const shown = await Promise.race([demo.run(), stopped]);
  if (shown === 'stopped') return 0;
  if (!shown || once) return shown ? 0 : 1;
  demo.invite();
  return (await Promise.race([demo.over, stopped])) === 'stopped' ? 0 : 1;
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

process.exit(await main());
