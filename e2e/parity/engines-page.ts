// SPDX-License-Identifier: Apache-2.0
import { consequences } from './consequences.ts';
import { differenceOf, type Difference } from './differences.ts';
import { AFTER, BEFORE, BETWEEN } from './engines-text.ts';
import type { Flow } from './flow.ts';
import { flowGroups, flows, timeLimits } from './flows/index.ts';
import { callTests, tested } from './tested.ts';

const WITH = 'sip-engine with parity';
const WITHOUT = 'sip-engine without parity';

const groups: [string, Flow[]][] = [...Object.entries(flowGroups), ['time limits', timeLimits]];
const all = [...flows, ...timeLimits];

/** `docs/reference/engines.md`: what is written by hand, and what the recordings show. */
export const enginesPage = (): string =>
  [BEFORE, testedWith(), BETWEEN, groupTable(), callTestTable(), differences(), AFTER].join('\n');

const testedWith = (): string =>
  [
    '| what | which |',
    '| --- | --- |',
    `| drachtio-server | ${tested.server} |`,
    `| its SIP stack | ${tested.stack} |`,
    `| built on | ${tested.build} |`,
    `| app | ${tested.client} |`,
    `| last run | ${tested.on} |`,
    '',
  ].join('\n');

const same = (kind: typeof WITH | typeof WITHOUT, some: readonly Flow[]): number =>
  some.filter((flow) => differenceOf(kind, flow) === undefined).length;

const groupTable = (): string => {
  const row = (name: string, some: readonly Flow[]): string =>
    `| ${name} | ${some.length} | ${same(WITH, some)} | ${same(WITHOUT, some)} |`;
  return [
    '| flows | | the same with parity | without |',
    '| --- | --- | --- | --- |',
    ...groups.map(([name, some]) => row(name, some)),
    row('**all**', all),
    '',
  ].join('\n');
};

const callTestTable = (): string =>
  [
    '## The product’s own call tests on drachtio-server',
    '',
    '`TRUNKLINE_E2E_ENGINE=drachtio` gives every `trunkline up` of the end-to-end tests a drachtio-server from PATH, with the configuration',
    'that we ship, in place of sip-engine. They ran on the drachtio-server above:',
    '',
    '| test file | about | passed |',
    '| --- | --- | --- |',
    ...callTests.map(
      ({ file, about, passed, of, note }) =>
        `| \`${file}\` | ${about} | ${passed} of ${of}${note === undefined ? '' : `; ${note}`} |`,
    ),
    '',
  ].join('\n');

const differences = (): string =>
  [
    '## Every difference',
    '',
    'What the parties see, without what must differ from run to run: `-` on drachtio-server, `+` on sip-engine; `#1` is the first request',
    'after the INVITE; `t1`, `d1` are transactions and dialogs in frames of the app.',
    '',
    ...groups.flatMap(([name, some]) => {
      const differing = some.filter((flow) => differenceOf(WITHOUT, flow) !== undefined);
      return differing.length === 0 ? [] : [`### ${capital(name)}`, '', ...differing.map(section)];
    }),
  ].join('\n');

const section = (flow: Flow): string => {
  const [on, off] = [differenceOf(WITH, flow), differenceOf(WITHOUT, flow)];
  const shown =
    on && off && JSON.stringify(on) === JSON.stringify(off)
      ? block('Always', on)
      : [
          ...(on ? block('With parity', on) : ['With parity: simulated.', '']),
          ...(off ? block('Without', off) : []),
        ];
  return [`#### ${capital(flow.name)}`, '', ...shown, `*Means:* ${consequences[flow.name] ?? ''}`, ''].join(
    '\n',
  );
};

const block = (when: string, { why, lines }: Difference): string[] => [
  `${when}: ${why}.`,
  '',
  '```diff',
  ...lines,
  '```',
  '',
];

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
