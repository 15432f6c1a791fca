// SPDX-License-Identifier: Apache-2.0
import ipaddr from 'ipaddr.js';
import { parseOriginationUri } from '../sip-uri/origination-uri.ts';

/** What a check says about a text: wrong (error), or allowed but probably not meant (warning). */
export interface FormFinding {
  message: string;
  remedy: string;
  severity?: 'warning';
}

export const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
const HOST_LABEL = '[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
export const HOST_PATTERN = `^${HOST_LABEL}(\\.${HOST_LABEL})*\\.?$`;
/** Looks like a dotted quad: must then be one, so that `192.0.2.300` is no host name (RFC 1123 §2.1). */
export const NUMERIC_HOST = '^[0-9.]+$';

export function matches(pattern: string, finding: FormFinding): (text: string) => FormFinding | undefined {
  const expression = new RegExp(pattern);
  return (text) => (expression.test(text) ? undefined : finding);
}

export function checkCidr(text: string): FormFinding | undefined {
  const remedy = 'Write an address and a prefix length, such as 203.0.113.7/32 or 2001:db8::/64';
  if (isStrictAddress(text)) {
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

export function checkDomainName(text: string): FormFinding | undefined {
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

export function checkHost(text: string): FormFinding | undefined {
  const remedy =
    'Write a host name, an IPv4 address, or an IPv6 address without brackets; the port has its own field';
  if (isStrictAddress(text)) return undefined;
  if (new RegExp(HOST_PATTERN).test(text) && !new RegExp(NUMERIC_HOST).test(text)) return undefined;
  return { message: 'is not a host name or IP address', remedy };
}

export function checkE164(text: string): FormFinding | undefined {
  if (/^\+[1-9][0-9]{1,14}$/.test(text)) return undefined;
  const digits = text.replace(/[\s().-]/g, '').replace(/^00/, '+');
  const guess = digits.startsWith('+') ? digits : `+${digits}`;
  const remedy = /^\+[1-9][0-9]{1,14}$/.test(guess)
    ? `Write "${guess}" if that is the number`
    : 'Write + , the country code and the number, 2 to 15 digits: "+15550100"';
  return { message: 'is not an E.164 number', remedy };
}

export function checkUrl(text: string): FormFinding | undefined {
  const finding = {
    message: 'is not an http or https URL',
    remedy: 'Write an absolute URL, such as https://voice.example.com/fallback',
  };
  if (!/^https?:\/\/[^\s/?#]+[^\s]*$/.test(text) || !URL.canParse(text)) return finding;
  return undefined;
}

export function checkSipUri(text: string): FormFinding | undefined {
  const result = parseOriginationUri(text);
  return result.ok ? undefined : result.error;
}
