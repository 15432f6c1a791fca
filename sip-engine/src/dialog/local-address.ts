// SPDX-License-Identifier: Apache-2.0
import { isIPv4 } from 'node:net';
import {
  formatNameAddr,
  formatSipUri,
  parseNameAddr,
  parseNameAddrList,
  parseSipUri,
} from '../message/index.ts';
import type { Protocol } from '../transaction/contract.ts';

/** The transport that a message leaves by. */
export interface LocalTransport {
  protocol: Protocol;
  address: string;
  port: number;
}

const PLACEHOLDER = /@localhost(?::\d+)?(?=[;?>]|$)/;

export function hostportOf(local: { address: string; port: number }): string {
  return local.address.includes(':') ? `[${local.address}]:${local.port}` : `${local.address}:${local.port}`;
}

/** The Contact (and the From) that stands in where the app gives none: no user part. */
export function defaultContact(local: LocalTransport): string {
  return `<sip:${hostportOf(local)}${local.protocol === 'udp' ? '' : `;transport=${local.protocol}`}>`;
}

/** True where a value asks for our address; `sip:localhost` without a user does not, as with drachtio-server. */
export function asksForOurAddress(value: string): boolean {
  return value.includes('@localhost') && PLACEHOLDER.test(value);
}

/**
 * Writes host and port of the transport for `@localhost`; other values come back as they are.
 * @throws ParseError when the value is no address
 */
export function fillOurAddress(value: string, local: LocalTransport): string {
  if (!asksForOurAddress(value)) return value;
  const address = parseNameAddr(value);
  return formatNameAddr({ ...address, uri: address.uri.replace(PLACEHOLDER, `@${hostportOf(local)}`) });
}

/**
 * A Contact for the transport that is used: a dotted IPv4 of another address or port becomes ours (the app may not know by which
 * transport a request leaves); names are left alone.
 * @throws ParseError when the value is no address
 */
export function fitContact(value: string, local: LocalTransport): string {
  const filled = fillOurAddress(value, local);
  if (filled === '*') return filled;
  const [first, ...more] = parseNameAddrList(filled);
  if (first === undefined || more.length > 0 || !/^sips?:/i.test(first.uri)) return filled;
  const uri = parseSipUri(first.uri);
  const ours = uri.host === local.address && (uri.port ?? local.port) === local.port;
  if (!isIPv4(uri.host) || ours) return filled;
  uri.host = local.address;
  uri.port = local.port;
  uri.params.delete('transport');
  uri.params.set('transport', local.protocol);
  return formatNameAddr({ ...first, uri: formatSipUri(uri) });
}
