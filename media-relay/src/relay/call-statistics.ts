// SPDX-License-Identifier: Apache-2.0
import type { Call } from './call.ts';
import type { CallParty, PartyMedia } from './call-party.ts';
import type { Endpoint } from './learning.ts';
import type { Dictionary } from './ng-message.ts';
import type { Stream, Traffic } from './stream.ts';

/** What `query` and `delete` say of a call, in rtpengine's shape; `SSRC` stays empty: RTCP is carried, not read. */
export function callStatistics(call: Call): Dictionary {
  const tags = call.parties.map((party, index) => {
    const other = call.parties[1 - index];
    return [
      party.tag === '' ? `<untagged ${index}>` : party.tag,
      partyStatistics(party, other?.tag ?? ''),
    ] as const;
  });
  const streams = call.parties.flatMap(({ media }) => media.flatMap(({ rtp, rtcp }) => [rtp, rtcp]));
  return {
    created: seconds(call.created),
    created_us: (call.created % 1000) * 1000,
    'last signal': seconds(call.lastSignal),
    SSRC: {},
    tags: Object.fromEntries(tags),
    totals: { RTP: total(streams, 'RTP'), RTCP: total(streams, 'RTCP') },
  };
}

function partyStatistics(party: CallParty, otherTag: string): Dictionary {
  const peer = [{ tag: otherTag, type: 'offer/answer' }];
  return {
    tag: party.tag,
    created: seconds(party.created),
    subscriptions: peer,
    subscribers: peer,
    medias: party.media.map((media, index) => mediaStatistics(media, index + 1)),
  };
}

function mediaStatistics({ type, protocol, direction, rtp, rtcp }: PartyMedia, index: number): Dictionary {
  const flags = [
    'initialized',
    ...(/recvonly|inactive/.test(direction) ? [] : ['send']),
    ...(/sendonly|inactive/.test(direction) ? [] : ['recv']),
  ];
  return { index, type, protocol, streams: [streamStatistics(rtp), streamStatistics(rtcp)], flags };
}

function streamStatistics({ kind, port, address, party, lastPacket, stats }: Stream): Dictionary {
  const flags: string[] = [kind];
  if (party.advertised) flags.push('filled');
  if (party.mode.strict) flags.push('strict source address');
  if (party.mode.learning === 'off') flags.push('asymmetric');
  return {
    'local port': port,
    'local address': address,
    family: 'IPv4',
    endpoint: endpoint(party.endpoint),
    'advertised endpoint': endpoint(party.advertised),
    'last packet': seconds(lastPacket),
    flags,
    stats,
  };
}

function endpoint(value: Endpoint | undefined): Dictionary {
  return value ? { family: 'IPv4', address: value.address, port: value.port } : {};
}

function total(streams: readonly Stream[], kind: Stream['kind']): Traffic {
  const sum: Traffic = { packets: 0, bytes: 0, errors: 0 };
  for (const { stats } of streams.filter((stream) => stream.kind === kind)) {
    sum.packets += stats.packets;
    sum.bytes += stats.bytes;
    sum.errors += stats.errors;
  }
  return sum;
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
