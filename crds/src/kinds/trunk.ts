// SPDX-License-Identifier: Apache-2.0
import { Type, type Static } from 'typebox';
import { asAtomic, asSet, choice, flag, formText, integer, object, section, text } from '../schema/fields.ts';
import { columns, type KindDefinition } from '../schema/kind-definition.ts';
import type { CustomResource } from '../schema/resource.ts';
import { count, statusOf } from '../schema/status-fields.ts';

const Recording = section(
  {
    mode: choice(
      [
        'do-not-record',
        'record-from-ringing',
        'record-from-answer',
        'record-from-ringing-dual',
        'record-from-answer-dual',
      ],
      'Which part of every call is recorded, in both directions; dual keeps each party on a channel of its own.',
      'do-not-record',
    ),
    trim: choice(
      ['do-not-trim', 'trim-silence'],
      'Whether silence at both ends of a recording is cut off.',
      'do-not-trim',
    ),
  },
  'Recording of calls.',
);

const Transfer = section(
  {
    mode: choice(
      ['disable-all', 'sip-only', 'enable-all'],
      'Which REFER targets are allowed: none, SIP URIs, or telephone numbers as well.',
      'disable-all',
    ),
    callerId: choice(
      ['from-transferee', 'from-transferor'],
      'Whose number the transfer target sees: the party that is transferred, or the party that transfers.',
      'from-transferee',
    ),
  },
  'Call transfer by REFER.',
);

const DisasterRecovery = object(
  {
    url: formText('url', 'TwiML document that takes the call.'),
    method: choice(['GET', 'POST'], 'HTTP method of the request.', 'POST'),
  },
  'What takes an incoming call when no origination URI could. Absent: the caller gets the last status.',
);

const NAME_LIST = 'names in the same namespace';
const Authentication = section(
  {
    ipAccessControlLists: Type.Array(formText('resourceName', 'Name of an IpAccessControlList.'), {
      description: `IpAccessControlLists, by ${NAME_LIST}: an INVITE must come from an address in one of them.`,
      default: [],
      ...asSet(100),
    }),
    credentialLists: Type.Array(formText('resourceName', 'Name of a CredentialList.'), {
      description: `CredentialLists, by ${NAME_LIST}: an INVITE must carry the digest of a user in one of them.`,
      default: [],
      ...asSet(100),
    }),
  },
  'Who may call through the trunk. With lists of both sorts, both must pass; with none, every call is refused.',
);

const Termination = object(
  {
    domainName: formText(
      'domainName',
      'Label, or labels joined by dots, below pstn.<base domain>: acme answers at acme.pstn.example.com. Unique in the cluster; a.b needs b in the same or the parent account.',
    ),
    authentication: Authentication,
  },
  'Calls from the PBX to the telephone network. Absent: the trunk only receives calls.',
);

const Limits = section(
  {
    callsPerSecond: Type.Optional(
      integer(
        { minimum: 1, maximum: 100_000 },
        'New termination calls per second. Absent: only the account limits.',
      ),
    ),
    concurrentCalls: Type.Optional(
      integer({ minimum: 1, maximum: 1_000_000 }, 'Calls at one time, both directions. Absent: no limit.'),
    ),
    maxCallDuration: formText('duration', 'A call is ended after this time, at most 24h.', {
      default: '24h',
      rules: [
        {
          rule: "duration(self) >= duration('1s') && duration(self) <= duration('24h')",
          message: 'is not between 1s and 24h',
          remedy: 'Write a duration up to 24h',
        },
      ],
    }),
  },
  'Limits of the trunk.',
);

/** Statuses after which hunting stops (DESIGN §4). */
export const DEFAULT_FINAL_CODES = ['400', '404', '405', '410', '416', '482', '484', '486', '6xx'];

const Failover = section(
  {
    answerTimeout: formText(
      'duration',
      'No response at all for this long: the next target is tried. A 100 counts as a response. For now the SIP engine waits 4 s whatever stands here (its timer B).',
      {
        default: '4s',
        rules: [
          {
            rule: "duration(self) >= duration('500ms') && duration(self) <= duration('32s')",
            message: 'is not between 500ms and 32s',
            remedy: 'Write a duration from 500ms to 32s; 4s is usual',
          },
        ],
      },
    ),
    finalCodes: Type.Array(formText('statusCode', 'A status such as "486", or a class such as "6xx".'), {
      description: 'Statuses that are the answer to the caller; every other failure tries the next target.',
      default: DEFAULT_FINAL_CODES,
      ...asAtomic(64),
    }),
  },
  'When hunting moves on to the next target.',
);

export const TrunkSpecSchema = Type.Object(
  {
    friendlyName: Type.Optional(text(64, "Name for people. Absent: the resource's name.")),
    secure: flag(false, 'Only TLS signalling and SRTP media, both ways.'),
    symmetricRtp: flag(
      false,
      'Send media to where it comes from instead of the address in SDP, for endpoints behind NAT.',
    ),
    cnamLookup: flag(false, "Look up the caller's name for incoming calls from the US and Canada."),
    recording: Recording,
    transfer: Transfer,
    disasterRecovery: Type.Optional(DisasterRecovery),
    termination: Type.Optional(Termination),
    limits: Limits,
    failover: Failover,
  },
  { description: 'What the trunk should be.', default: {} },
);
export type TrunkSpec = Static<typeof TrunkSpecSchema>;

export const TrunkStatusSchema = statusOf({
  terminationUris: Type.Optional(
    Type.Array(text(512, 'Host name.'), {
      description: 'Host names to which the PBX sends calls: the general one, then those of each edge.',
      ...asAtomic(64),
    }),
  ),
  numbers: count('How many phone numbers are on the trunk.'),
  originationUris: count('How many accepted origination URIs the trunk has.'),
});
export type TrunkStatus = Static<typeof TrunkStatusSchema>;
export type Trunk = CustomResource<'Trunk', TrunkSpec, TrunkStatus>;

export const trunk = {
  kind: 'Trunk',
  plural: 'trunks',
  singular: 'trunk',
  shortNames: ['tk'],
  scope: 'Namespaced',
  sidPrefix: 'TK',
  description:
    'A connection between a PBX and the telephone network: how it may call out (termination), and how calls to its numbers reach it (together with OriginationUris and PhoneNumbers).',
  spec: TrunkSpecSchema,
  status: TrunkStatusSchema,
  columns: columns(
    {
      name: 'Domain',
      type: 'string',
      jsonPath: '.spec.termination.domainName',
      description: 'Termination domain label.',
    },
    {
      name: 'Numbers',
      type: 'integer',
      jsonPath: '.status.numbers',
      description: 'Phone numbers on the trunk.',
    },
  ),
  selectableFields: ['.spec.termination.domainName'],
} satisfies KindDefinition<'Trunk'>;
