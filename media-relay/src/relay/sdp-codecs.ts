// SPDX-License-Identifier: Apache-2.0
import type { CodecRules } from './ng-request.ts';
import type { SdpMedia } from './sdp-document.ts';

/** Names of static payload types (RFC 3551 table 4), in lower case. */
const STATIC_NAMES = new Map([
  ['0', 'pcmu'],
  ['3', 'gsm'],
  ['4', 'g723'],
  ['8', 'pcma'],
  ['9', 'g722'],
  ['13', 'cn'],
  ['15', 'g728'],
  ['18', 'g729'],
]);

/** Lower-case codec name of each format of the m= line. */
export function formatNames(media: SdpMedia): Map<string, string> {
  const mapped = media.lines.flatMap((line) => {
    const match = /^a=rtpmap:(\d+) ([^/\s]+)/.exec(line);
    return match?.[1] !== undefined && match[2] !== undefined
      ? [[match[1], match[2].toLowerCase()] as const]
      : [];
  });
  const names = new Map([...STATIC_NAMES, ...mapped]);
  return new Map(media.formats.map((format) => [format, names.get(format) ?? format]));
}

/**
 * The formats of an offered m= line that pass the rules, in the order in which they go out. Where none is left the line
 * stays whole, as in rtpengine: the caller has to look before it asks.
 */
export function filterFormats(media: SdpMedia, rules: CodecRules): string[] {
  const names = formatNames(media);
  const kept = media.formats.filter((format) => !isStripped(names.get(format) ?? format, rules));
  if (kept.length === 0) return media.formats;
  if (rules.offer.length === 0) return kept;
  const place = (format: string): number => {
    const index = rules.offer.indexOf(names.get(format) ?? format);
    return index < 0 ? rules.offer.length : index;
  };
  return kept.sort((a, b) => place(a) - place(b));
}

function isStripped(name: string, { strip, except, offer }: CodecRules): boolean {
  if (strip.includes(name)) return true;
  return strip.includes('all') && !except.includes(name) && !offer.includes(name);
}
