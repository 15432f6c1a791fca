// SPDX-License-Identifier: Apache-2.0
import { tortureMessages, type EdgeAnswer } from '@trunkline/sip-engine/torture';

export type Seen = Record<'udp' | 'tcp', ReadonlyMap<string, EdgeAnswer>>;

/** `docs/reference/torture.md`, from what was expected and what was seen. */
export const torturePage = ({ udp, tcp }: Seen): string => {
  const rows = tortureMessages.map((message) => {
    const { name, section, about, asks, parser, note = '' } = message;
    const expected = answers(message.udp, message.tcp ?? message.udp);
    const came = answers(udp.get(name), tcp.get(name));
    return `| \`${name}\` | ${section} | ${escaped(about)} | ${escaped(asks)} | ${parser} | ${expected} | ${came} | ${escaped(note)} |`;
  });
  return [...HEAD, ...rows, ''].join('\n');
};

const HEAD = [
  '# RFC 4475: expected and seen',
  '',
  'The 49 torture messages of RFC 4475, each sent to a running `trunkline up` over UDP and over TCP, from an address that no trunk and no',
  'carrier knows. `e2e/tests/torture.test.ts` sends them, compares, and writes this page (`UPDATE_DOCS=1`); where the page is not what',
  'was seen, the test fails. The messages are in `sip-engine/src/message/torture`.',
  '',
  '- *parser*: `read`, or the status that it deserves, or `no message`: nothing that could be answered.',
  '- *expected* and *seen*: the final answer; `silence`, although what was sent right after it was answered; `closed`: the edge ended the',
  '  connection without an answer. UDP / TCP where they differ.',
  '- `read` and 404 or 405 means: through parser, transactions and the application, up to policy, which does not serve `example.com`.',
  '',
  '| message | § | what is odd | RFC 4475 asks | parser | expected | seen | why |',
  '| --- | --- | --- | --- | --- | --- | --- | --- |',
];

const answers = (udp: EdgeAnswer | undefined, tcp: EdgeAnswer | undefined): string =>
  udp === tcp ? String(udp) : `${udp ?? ''} / ${tcp ?? ''}`;

const escaped = (text: string): string => text.replaceAll('|', '\\|');
