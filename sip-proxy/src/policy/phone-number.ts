// SPDX-License-Identifier: Apache-2.0

/** E.164 with its plus, as every number on a trunk must be written (ITU-T E.164 §6: at most 15 digits). */
export function isE164(text: string): boolean {
  return /^\+[1-9]\d{1,14}$/.test(text);
}

/**
 * The number that a carrier dialled. Many carriers send the digits alone: a plus is put before them; anything else
 * that is not E.164 gives undefined.
 */
export function carrierNumber(user: string): string | undefined {
  if (isE164(user)) return user;
  return isE164(`+${user}`) ? `+${user}` : undefined;
}

/** What is wrong with a number that is not E.164, for a person who configures a PBX. */
export function e164Problem(text: string): string {
  if (text === '') return 'it is empty';
  if (isE164(`+${text}`)) return `the plus is missing: send +${text}`;
  if (/^00[1-9]\d{1,14}$/.test(text)) return `00 stands for the plus: send +${text.slice(2)}`;
  const digits = text.startsWith('+') ? text.slice(1) : text;
  if (/[^\d]/.test(digits)) {
    const bare = digits.replaceAll(/[-. ]/g, '');
    const separators = text.startsWith('+') && isE164(`+${bare}`);
    return separators ? `it has separators: send +${bare}` : 'it has characters other than a plus and digits';
  }
  if (digits.startsWith('0')) return 'no country code begins with 0';
  return digits.length > 15 ? `it has ${digits.length} digits, E.164 allows 15` : 'it is too short';
}

/** A stranger's text, fit for a header, a log line and a terminal: printable ASCII, at most 64 characters. */
export function quoted(text: string): string {
  const cut = text.length > 64 ? `${text.slice(0, 61)}...` : text;
  return `"${cut.replaceAll(/[^\x20-\x7e]|["\\]/g, '?')}"`;
}
