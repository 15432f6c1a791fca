// SPDX-License-Identifier: Apache-2.0
import ipaddr from 'ipaddr.js';
import { parseOriginationUri } from '../sip-uri/origination-uri.ts';
import { DURATION_PATTERN, parseDuration } from './duration.ts';
import type { CelRule } from './rule.ts';

/** What a check says about a text: wrong (error), or allowed but probably not meant (warning). */
export interface FormFinding {
  message: string;
  remedy: string;
  severity?: 'warning';
}

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

const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
const HOST_LABEL = '[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const HOST_PATTERN = `^${HOST_LABEL}(\\.${HOST_LABEL})*\\.?$`;
/** Looks like a dotted quad: must then be one, so that `192.0.2.300` is no host name (RFC 1123 §2.1). */
const NUMERIC_HOST = '^[0-9.]+$';

function matches(pattern: string, finding: FormFinding): (text: string) => FormFinding | undefined {
  const expression = new RegExp(pattern);
  return (text) => (expression.test(text) ? undefined : finding);
}

function checkCidr(text: string): FormFinding | undefined {
  const remedy = 'Write an address and a prefix length, such as 203.0.113.7/32 or 2001:db8::/64';
  if (ipaddr.isValid(text) && isStrictAddress(text)) {
    const bits = ipaddr.parse(text).kind() === 'ipv4' ? 32 : 128;
    return {
      message: 'is an address without a prefix length',
      remedy: `Write ${text}/${bits} for this one address`,
    };
  }
  if (!isStrictCidr(text)) return { message: 'is not a CIDR', remedy };
  const masked = networkOf(text);
  if (masked === undefined) return undefined;
  return {
    message: `has host bits set and means the whole network ${masked}`,
    remedy: `Write ${masked}, or a longer prefix for one address`,
    severity: 'warning',
  };
}

/** Go's netip syntax, which the API server uses: four decimal octets without leading zeros, or IPv6 without a zone. */
export function isStrictAddress(text: string): boolean {
  if (text.includes('%')) return false;
  return text.includes(':')
    ? ipaddr.IPv6.isValid(text) && !/^::ffff:\d/i.test(text)
    : ipaddr.IPv4.isValidFourPartDecimal(text);
}

/** True for what CEL's `isCIDR` accepts. */
export function isStrictCidr(text: string): boolean {
  const slash = text.indexOf('/');
  if (slash < 0 || !isStrictAddress(text.slice(0, slash))) return false;
  return /^(0|[1-9]\d{0,2})$/.test(text.slice(slash + 1)) && ipaddr.isValidCIDR(text);
}

function networkOf(cidr: string): string | undefined {
  const [address, bits] = ipaddr.parseCIDR(cidr);
  const network =
    address.kind() === 'ipv4'
      ? ipaddr.IPv4.networkAddressFromCIDR(cidr)
      : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  return network.toString() === address.toString() ? undefined : `${network.toString()}/${bits}`;
}

function checkDomainName(text: string): FormFinding | undefined {
  const remedy = 'Write one label, or labels joined by dots, such as acme or branch.acme';
  if (text !== text.toLowerCase())
    return { message: 'has upper-case letters', remedy: `Write ${text.toLowerCase()}` };
  if (/^\.|\.$|\.\./.test(text)) return { message: 'has a dot at an end or two in a row', remedy };
  const long = text.split('.').find((label) => label.length > 63);
  if (long !== undefined)
    return { message: `has a label of ${long.length} characters, and DNS allows 63`, remedy: 'Shorten it' };
  if (new RegExp(`^${LABEL}(\\.${LABEL})*$`).test(text)) return undefined;
  return { message: 'is not a domain label: only a-z, 0-9 and inner hyphens are allowed', remedy };
}

function checkHost(text: string): FormFinding | undefined {
  const remedy =
    'Write a host name, an IPv4 address, or an IPv6 address without brackets; the port has its own field';
  if (isStrictAddress(text)) return undefined;
  if (new RegExp(HOST_PATTERN).test(text) && !new RegExp(NUMERIC_HOST).test(text)) return undefined;
  return { message: 'is not a host name or IP address', remedy };
}

function checkE164(text: string): FormFinding | undefined {
  if (/^\+[1-9][0-9]{1,14}$/.test(text)) return undefined;
  const digits = text.replace(/[\s().-]/g, '').replace(/^00/, '+');
  const guess = digits.startsWith('+') ? digits : `+${digits}`;
  const remedy = /^\+[1-9][0-9]{1,14}$/.test(guess)
    ? `Write "${guess}" if that is the number`
    : 'Write + , the country code and the number, 2 to 15 digits: "+15550100"';
  return { message: 'is not an E.164 number', remedy };
}

function checkUrl(text: string): FormFinding | undefined {
  const finding = {
    message: 'is not an http or https URL',
    remedy: 'Write an absolute URL, such as https://voice.example.com/fallback',
  };
  if (!/^https?:\/\/[^\s/?#]+[^\s]*$/.test(text) || !URL.canParse(text)) return finding;
  return undefined;
}

function checkSipUri(text: string): FormFinding | undefined {
  const result = parseOriginationUri(text);
  return result.ok ? undefined : result.error;
}

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
        rule: "self.matches('^(?i:sips?):([^@\\\\s:;?]+@)?([a-zA-Z0-9.-]+|\\\\[[0-9a-fA-F:.]+\\\\])(:[0-9]{1,5})?(;(?i:(transport=(udp|tcp|tls))|((edge|region)=[a-z0-9-]+)))*([?][xX]-[^=&\\\\s]+=[^&\\\\s]*(&[xX]-[^=&\\\\s]+=[^&\\\\s]*)*)?$')",
        message: 'is not a SIP URI that calls can be sent to',
        remedy: sipUriRemedy,
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
