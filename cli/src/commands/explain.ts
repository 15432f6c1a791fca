// SPDX-License-Identifier: Apache-2.0
import type { EdgeConfig } from '@trunkline/crds';
import { buildConfigIndex, explain, type Decision, type PolicyContext } from '@trunkline/sip-proxy/policy';
import { parseExplainOptions, type ExplainOptions } from './explain-options.ts';
import { required } from '../flags.ts';
import type { Command, Io } from '../io.ts';
import { compileFolder } from '../manifests/compiled-folder.ts';
import { styleFor, type Style } from '../style.ts';
import { table } from '../table.ts';

/** `trunkline explain`: the decision that a live call would get, by the same code. */
export const explainCommand: Command = async (argv, io) => {
  if (argv.some((word) => word === '--context' || word.startsWith('--context='))) {
    return (await import('../kubectl-plugin/explain.ts')).explainCommand(argv, io);
  }
  const options = await parseExplainOptions(argv);
  const path = required(options.path, '-f', 'name the directory of manifests, -f DIR');
  const { compilation } = await compileFolder(path, options.baseDomain);
  return tellDecision(compilation.config, { edge: 'local', ...options }, io);
};

/** Prints what becomes of the request; exit code 0 where it is carried or answered. */
export function tellDecision(
  config: EdgeConfig,
  { edge, request, assumeUser, json }: ExplainOptions & { edge: string },
  io: Io,
): number {
  const context: PolicyContext = {
    config: buildConfigIndex(config),
    now: Date.now(),
    // The same answer each time; among equals a live call draws by weight.
    random: () => 0,
    limits: { startsWithin: () => 0, concurrent: () => 0 },
    options: { allows: () => true },
    nonces: { keys: ['explain'], lifetimeMs: 60_000, isUsed: () => false },
    failures: { blocks: () => false },
    edge,
  };
  const { decision } = explain(request, context, assumeUser === undefined ? {} : { assumeUser });
  if (json) io.stdout.write(`${JSON.stringify(withoutEffects(decision), null, 2)}\n`);
  else print(decision, io);
  return decision.outcome === 'route' || decision.outcome === 'answer-options' ? 0 : 1;
}

/** What the live proxy would write down is no part of the answer. */
function withoutEffects(decision: Decision): object {
  return Object.fromEntries(Object.entries(decision).filter(([name]) => name !== 'effects'));
}

function print(decision: Decision, io: Io): void {
  const style = styleFor(io.stdout, io.env);
  io.stdout.write(`${style.bold(verdict(decision))}\n`);
  const { trunk, account, direction } = decision;
  if (trunk)
    io.stdout.write(`${direction ?? 'call'} of trunk ${trunk.key}, account ${account?.name ?? '(none)'}\n`);
  const steps = decision.trace.map(({ check, result, detail }) => [
    `  ${paint(result, style)}`,
    check,
    detail,
  ]);
  io.stdout.write(`\n${table(steps)}`);
  if (decision.outcome !== 'route') return;
  const { plan } = decision;
  const attempts = plan.attempts.map((attempt, index) => [
    `  ${index + 1}.`,
    attempt.requestUri,
    attempt.nextHop ?? '',
    attempt.target,
  ]);
  io.stdout.write(
    `\n${plan.callerId} calls ${plan.calledNumber}; attempts in order, by weight among equals:\n`,
  );
  io.stdout.write(table(attempts));
}

function verdict(decision: Decision): string {
  switch (decision.outcome) {
    case 'route':
      return 'carried';
    case 'reject':
      return `rejected: ${decision.status} ${decision.reason} (${decision.code}): ${decision.text}`;
    case 'challenge':
      return 'challenged: 407 Proxy Authentication Required; with --user U the digest of that user is taken as right';
    case 'drop':
      return `dropped without an answer (${decision.code})`;
    case 'answer-options':
      return 'answered: 200 OK';
  }
}

function paint(result: Decision['trace'][number]['result'], style: Style): string {
  const painters = { pass: style.green, fail: style.red, warn: style.yellow, skip: style.dim };
  return painters[result](result);
}
