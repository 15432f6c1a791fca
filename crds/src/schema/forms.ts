// SPDX-License-Identifier: Apache-2.0
import { DURATION_PATTERN, parseDuration } from './duration.ts';
import {
  checkCidr,
  checkDomainName,
  checkE164,
  checkHost,
  checkSipUri,
  checkUrl,
  HOST_PATTERN,
  isStrictAddress,
  LABEL,
  matches,
  NUMERIC_HOST,
  type FormFinding,
} from './form-checks.ts';
import type { CelRule } from './rule.ts';

/**
 * A form of string that several fields share. The API server gets the pattern, the lengths and the CEL rules; the
 * manifest loader calls `check` instead, which knows what is wrong and not only that something is. A test keeps the
 * two in step.
 */
export interface Form {
  pattern?: string;
  minLength?: number;
  maxLength: number;
  rules?: CelRule[];
  check: (text: string) => FormFinding | undefined;
}

/** Letters in either case. Written out: inline `(?i:` is not a thing that every regular expression engine knows. */
const anyCase = (word: string): string =>
  word.replaceAll(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);

const X_HEADER = '[xX]-[^=&\\s]+=[^&\\s]*';
const SIP_URI_PATTERN = [
  `^${anyCase('sip')}[sS]?:([^@\\s:;?]+@)?([a-zA-Z0-9.-]+|\\[[0-9a-fA-F:.]+\\])(:[1-9][0-9]{0,4})?`,
  `(;(${anyCase('transport')}=(${['udp', 'tcp', 'tls'].map(anyCase).join('|')})`,
  `|(${anyCase('edge')}|${anyCase('region')})=[a-zA-Z0-9-]+))*`,
  `([?]${X_HEADER}(&${X_HEADER})*)?$`,
].join('');

const sipUriRemedy = 'Write sip:host or sip:user@host:port;transport=tcp;edge=NAME?X-name=value';

export const FORMS = {
  e164: {
    pattern: '^\\+[1-9][0-9]{1,14}$',
    maxLength: 16,
    check: checkE164,
  },
  duration: {
    pattern: DURATION_PATTERN,
    maxLength: 32,
    check: (text) =>
      parseDuration(text) === undefined
        ? {
            message: 'is not a duration',
            remedy: 'Write whole numbers with h, m, s or ms, such as 24h, 4s or 500ms',
          }
        : undefined,
  },
  cidr: {
    maxLength: 43,
    rules: [
      {
        rule: 'isCIDR(self)',
        message: 'is not a CIDR',
        remedy: 'Write an address and a prefix length, such as 203.0.113.7/32 or 2001:db8::/64',
      },
    ],
    check: checkCidr,
  },
  ip: {
    maxLength: 39,
    rules: [
      {
        rule: 'isIP(self)',
        message: 'is not an IP address',
        remedy: 'Write an IPv4 or IPv6 address, such as 203.0.113.7',
      },
    ],
    check: (text) =>
      isStrictAddress(text)
        ? undefined
        : { message: 'is not an IP address', remedy: 'Write an IPv4 or IPv6 address, such as 203.0.113.7' },
  },
  host: {
    minLength: 1,
    maxLength: 253,
    rules: [
      {
        rule: `isIP(self) || (self.matches('${HOST_PATTERN.replaceAll('\\', '\\\\')}') && !self.matches('${NUMERIC_HOST}'))`,
        message: 'is not a host name or IP address',
        remedy:
          'Write a host name, an IPv4 address, or an IPv6 address without brackets; the port has its own field',
      },
    ],
    check: checkHost,
  },
  domainName: {
    pattern: `^${LABEL}(\\.${LABEL})*$`,
    maxLength: 128,
    check: checkDomainName,
  },
  dnsLabel: {
    pattern: `^${LABEL}$`,
    maxLength: 63,
    check: matches(`^${LABEL}$`, {
      message: 'is not a DNS label',
      remedy: 'Use a-z, 0-9 and inner hyphens, at most 63 characters',
    }),
  },
  resourceName: {
    pattern: `^${LABEL}(\\.${LABEL})*$`,
    maxLength: 253,
    check: matches(`^${LABEL}(\\.${LABEL})*$`, {
      message: 'is not a resource name',
      remedy: 'Use a-z, 0-9, inner hyphens and dots, as metadata.name of the resource that is meant',
    }),
  },
  sipUri: {
    minLength: 1,
    maxLength: 1024,
    rules: [
      {
        rule: `self.matches('${SIP_URI_PATTERN.replaceAll('\\', '\\\\')}')`,
        message: 'is not a SIP URI that calls can be sent to',
        remedy: sipUriRemedy,
      },
      {
        rule: "!self.matches('%(0[0-9a-fA-F]|1[0-9a-fA-F]|7[fF])')",
        message: 'has a control character in a header',
        remedy: 'Remove the %0D, %0A or the like',
      },
    ],
    check: checkSipUri,
  },
  url: {
    minLength: 1,
    maxLength: 2048,
    pattern: '^https?://[^\\s/?#]+\\S*$',
    rules: [
      {
        rule: 'isURL(self)',
        message: 'is not a URL',
        remedy: 'Write an absolute URL, such as https://voice.example.com/fallback',
      },
    ],
    check: checkUrl,
  },
  hostPort: {
    pattern: '^([a-zA-Z0-9.-]+|\\[[0-9a-fA-F:.]+\\]):[0-9]{1,5}$',
    maxLength: 261,
    check: matches('^([a-zA-Z0-9.-]+|\\[[0-9a-fA-F:.]+\\]):[0-9]{1,5}$', {
      message: 'is not host:port',
      remedy: 'Write a host and a port, such as 198.51.100.4:5060 or [2001:db8::4]:5060',
    }),
  },
  prefix: {
    pattern: '^\\+[0-9]{0,15}$',
    minLength: 1,
    maxLength: 16,
    check: matches('^\\+[0-9]{0,15}$', {
      message: 'is not a number prefix',
      remedy: 'Write + and the leading digits, such as "+44"; "+" alone means every number',
    }),
  },
  country: {
    pattern: '^[A-Z]{2}$',
    maxLength: 2,
    check: matches('^[A-Z]{2}$', {
      message: 'is not a country code',
      remedy: 'Write the two capital letters of ISO 3166-1, such as GB',
    }),
  },
  currency: {
    pattern: '^[A-Z]{3}$',
    maxLength: 3,
    check: matches('^[A-Z]{3}$', {
      message: 'is not a currency code',
      remedy: 'Write the three capital letters of ISO 4217, such as USD',
    }),
  },
  decimal: {
    pattern: '^[0-9]{1,12}(\\.[0-9]{1,8})?$',
    maxLength: 21,
    check: matches('^[0-9]{1,12}(\\.[0-9]{1,8})?$', {
      message: 'is not a decimal amount',
      remedy: 'Write digits with an optional point, in quotes so that no digit is lost: "0.0075"',
    }),
  },
  username: {
    pattern: '^[A-Za-z0-9._~!*+=-]+$',
    minLength: 1,
    maxLength: 32,
    check: matches('^[A-Za-z0-9._~!*+=-]+$', {
      message: 'is not a user name for digest authentication',
      remedy: 'Use letters, digits and . _ ~ ! * + = -',
    }),
  },
  secretKey: {
    pattern: '^[-._a-zA-Z0-9]+$',
    minLength: 1,
    maxLength: 253,
    check: matches('^[-._a-zA-Z0-9]+$', {
      message: 'is not a key of a Secret',
      remedy: 'Use letters, digits, . _ and -',
    }),
  },
  statusCode: {
    pattern: '^[3-6]([0-9]{2}|xx)$',
    maxLength: 3,
    check: matches('^[3-6]([0-9]{2}|xx)$', {
      message: 'is not a final SIP status of failure',
      remedy: 'Write a status from 300 to 699 or a class, in quotes: "486" or "6xx"',
    }),
  },
  numberPattern: {
    pattern: '^\\+?[0-9*]{1,15}$',
    maxLength: 16,
    check: matches('^\\+?[0-9*]{1,15}$', {
      message: 'is not a number pattern',
      remedy: 'Write digits and * for any one digit, such as "+1555****"',
    }),
  },
} satisfies Record<string, Form>;

export type FormName = keyof typeof FORMS;
