// SPDX-License-Identifier: Apache-2.0
import type { Frame } from './frame-tap.ts';
import { anonymous, type Names } from './message-words.ts';

/** What the app asks for when it connects, and the beat of its heart: not part of a flow. */
const HOUSEKEEPING = ['authenticate', 'route', 'ping', 'remove_route'];

/**
 * What the engine told the app, a line a frame: `INVITE t1 new`, `ok 200 INVITE t1 d1`, `nok 487 INVITE: reason`. Transactions
 * and dialogs are numbered as they appear.
 */
export const frameWords = (frames: readonly Frame[], names: Names): string[] => {
  const asked = new Map<string, Frame>();
  const transactions = new Map<string, string>();
  const dialogs = new Map<string, string>();
  const transaction = (id = '') => nameOf(transactions, 't', id);
  const dialog = (id = '') => nameOf(dialogs, 'd', id);
  const lines: string[] = [];

  /** A reason may name a transaction. */
  const told = (reason = '') =>
    anonymous(reason, names).replace(
      /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/,
      (id) => transactions.get(id) ?? id,
    );

  const reply = (frame: Frame): void => {
    const question = asked.get(frame.tokens[2] ?? '');
    if (HOUSEKEEPING.includes(question?.tokens[1] ?? '')) return;
    const what = question ? askedWords(question) : 'nobody asked';
    if (frame.tokens[3] !== 'OK')
      lines.push(`${(frame.tokens[3] ?? '').toLowerCase()} ${what}: ${told(frame.tokens[4])}`);
    else if (frame.message === undefined) lines.push(`ok ${what}`);
    else
      lines.push(
        join(
          'ok',
          what,
          transaction(frame.tokens[10]),
          frame.message.isResponse ? dialog(frame.tokens[11]) : '',
        ),
      );
  };

  const delivery = ({ tokens, message }: Frame): void => {
    const source = tokens[2] === 'network' ? '' : `by ${tokens[2] ?? ''}`;
    const made = message?.isResponse === true && tokens[3] === '0' ? 'by the engine' : '';
    const reason = message?.method === 'BYE' && source !== '' ? message.header('Reason') : '';
    const isNew = tokens.length > 11 ? 'new' : '';
    lines.push(
      join(shortWords(message), transaction(tokens[8]), dialog(tokens[9]), isNew, source, made, reason),
    );
  };

  for (const frame of inOrderOfAsking(frames)) {
    if (frame.direction === 'from-app') asked.set(frame.tokens[0] ?? '', frame);
    else if (frame.tokens[1] === 'response') reply(frame);
    else delivery(frame);
  }
  return lines;
};

/** Replies that come next to each other may overtake each other: the app tells them apart by what it asked. */
const inOrderOfAsking = (frames: readonly Frame[]): Frame[] => {
  const questions = frames.filter(({ direction }) => direction === 'from-app');
  const place = new Map(questions.map(({ tokens }, at) => [tokens[0], at]));
  const sorted: Frame[] = [];
  let run: Frame[] = [];
  const endRun = () => {
    sorted.push(...run.sort((a, b) => (place.get(a.tokens[2]) ?? 0) - (place.get(b.tokens[2]) ?? 0)));
    run = [];
  };
  for (const frame of frames.filter(({ direction }) => direction === 'to-app')) {
    if (frame.tokens[1] === 'response') run.push(frame);
    else {
      endRun();
      sorted.push(frame);
    }
  }
  endRun();
  return [...questions, ...sorted];
};

const join = (...words: string[]): string => words.filter((word) => word !== '').join(' ');

const nameOf = (known: Map<string, string>, letter: string, id: string): string => {
  if (id === '' || id === 'unsolicited') return id;
  if (!known.has(id)) known.set(id, `${letter}${known.size + 1}`);
  return known.get(id) ?? '';
};

const shortWords = (message: Frame['message']): string =>
  message?.isResponse === true ? `${message.status} ${message.cseq.method}` : (message?.method ?? 'nothing');

/** srf writes no CSeq into the responses of some calls; the status tells enough then. */
const askedWords = ({ tokens, message }: Frame): string =>
  message === undefined ? (tokens[1] ?? '') : shortWords(message).trim();

/** Every token: ids, sizes, times and addresses by what they are. */
export const frameTokens = ({ tokens }: Frame, names: Names): string => {
  const ports = [...names].map(([place, name]) => [place.slice(place.lastIndexOf(':') + 1), name] as const);
  return tokens
    .map((token) => {
      if (/^[0-9a-f-]{36}$/.test(token)) return 'uuid';
      if (/^m\d+$/.test(token)) return 'asked';
      if (/;from-tag=/.test(token)) return 'dialog';
      if (/^\d\d:\d\d:\d\d\.\d+$/.test(token)) return 'time';
      const port = ports.find(([number]) => number === token)?.[1];
      if (port !== undefined) return `port of ${port}`;
      return /^\d+$/.test(token) && token !== '0' ? 'number' : token;
    })
    .join('|');
};
