// SPDX-License-Identifier: Apache-2.0
import type { Call } from './call.ts';
import { callStatistics } from './call-statistics.ts';
import type { CallTable } from './call-table.ts';
import type { Dictionary } from './ng-message.ts';
import {
  codecRules,
  flagsOf,
  learningMode,
  NgError,
  optionalText,
  requiredText,
  supportsLoadLimit,
} from './ng-request.ts';
import { relayStatistics } from './relay-statistics.ts';

type Handler = (table: CallTable, request: Dictionary) => Dictionary | Promise<Dictionary>;

const NOT_FOUND = "Call-ID not found or tags didn't match";

const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['ping', () => ({ result: 'pong' })],
  ['offer', offer],
  ['answer', answer],
  ['delete', remove],
  ['query', (table, request) => ({ ...callStatistics(known(table, request)), result: 'ok' })],
  ['list', list],
  ['statistics', (table) => ({ statistics: relayStatistics(table), result: 'ok' })],
]);

/**
 * Executes one ng command. Never throws: a mistake becomes rtpengine's `error` reply.
 *
 * @param onDefect told about what is the relay's own fault
 */
export async function execute(
  table: CallTable,
  request: Dictionary,
  onDefect: (error: unknown) => void,
): Promise<Dictionary> {
  try {
    const command = request.command;
    if (typeof command !== 'string') throw new NgError('Dictionary contains no key "command"');
    const handler = HANDLERS.get(command);
    if (!handler) throw new NgError('Unrecognized command');
    return await handler(table, request);
  } catch (error) {
    if (error instanceof NgError) return { result: 'error', 'error-reason': error.message };
    onDefect(error);
    return { result: 'error', 'error-reason': 'Internal error' };
  }
}

async function offer(table: CallTable, request: Dictionary): Promise<Dictionary> {
  const sdp = requiredText(request, 'sdp', 'SDP body');
  const id = requiredText(request, 'call-id');
  const sender = requiredText(request, 'from-tag');
  let call = table.calls.get(id);
  if (!call && table.full) return refuseNew(table, request);
  const isNew = call === undefined;
  call ??= table.create(id);
  try {
    const rewritten = await call.offer({ sender, sdp, mode: learningMode(request) }, codecRules(request));
    return { sdp: rewritten, result: 'ok' };
  } catch (error) {
    // A new call that cannot be set up leaves nothing behind.
    if (isNew) table.remove(call);
    throw error;
  }
}

function refuseNew(table: CallTable, request: Dictionary): Dictionary {
  table.counts.rejected++;
  const message = 'Parallel session limit reached';
  if (!supportsLoadLimit(request)) throw new NgError(message);
  return { result: 'load limit', message };
}

function answer(table: CallTable, request: Dictionary): Dictionary {
  const sdp = requiredText(request, 'sdp', 'SDP body');
  requiredText(request, 'call-id');
  const offerer = requiredText(request, 'from-tag');
  const sender = requiredText(request, 'to-tag');
  const call = known(table, request);
  return { sdp: call.answer({ sender, sdp, mode: learningMode(request) }, offerer), result: 'ok' };
}

function remove(table: CallTable, request: Dictionary): Dictionary {
  const call = table.calls.get(requiredText(request, 'call-id'));
  const tags = [optionalText(request, 'from-tag'), optionalText(request, 'to-tag')].filter(
    (tag) => tag !== undefined,
  );
  if (!call || !tags.every((tag) => call.has(tag))) {
    if (flagsOf(request).has('fatal')) throw new NgError(NOT_FOUND);
    return { warning: NOT_FOUND, result: 'ok' };
  }
  const statistics = callStatistics(call);
  table.counts.terminated++;
  table.remove(call);
  return { ...statistics, result: 'ok' };
}

function list(table: CallTable, request: Dictionary): Dictionary {
  const limit = Number(request.limit ?? 32);
  return { calls: [...table.calls.keys()].slice(0, limit > 0 ? limit : 32), result: 'ok' };
}

function known(table: CallTable, request: Dictionary): Call {
  const call = table.calls.get(requiredText(request, 'call-id'));
  if (!call) throw new NgError('Unknown call-id');
  return call;
}
