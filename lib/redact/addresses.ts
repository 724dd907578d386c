import { isIP } from 'node:net';
import { markerOf, type Rule, replaceFound, WORD_END, WORD_START } from './found.ts';

/** `%40` is the sign in the query of an address. */
const AT = /@|%40/g;
const MAX_LOCAL = 64;
const DOMAIN = /(?:[A-Za-z0-9-]{1,63}\.){1,8}(?:xn--[A-Za-z0-9-]{1,59}|[A-Za-z]{2,24})/y;

/** E-mail addresses of ASCII characters, without quotes or comments in them. */
export const email: Rule = {
  name: 'email',
  apply: (text) => (text.includes('@') || text.includes('%40') ? withoutEmail(text) : text),
};

/** From the sign to both sides: a pattern that began with the local part would try every word of the text. */
function withoutEmail(text: string): string {
  const parts: string[] = [];
  let from = 0;
  AT.lastIndex = 0;
  for (let sign = AT.exec(text); sign; sign = AT.exec(text)) {
    const start = localStart(text, sign.index, from);
    const end = start < sign.index ? domainEnd(text, AT.lastIndex) : 0;
    if (end === 0) continue;
    parts.push(text.slice(from, start), markerOf(email.name));
    from = end;
    AT.lastIndex = end;
  }
  return from === 0 ? text : parts.join('') + text.slice(from);
}

function localStart(text: string, sign: number, from: number): number {
  const least = Math.max(from, sign - MAX_LOCAL);
  let start = sign;
  while (start > least && isLocal(text.charCodeAt(start - 1))) start--;
  // The end of an escape, as in `\nann@…` or `\u003cann@…`, is no part of the name; without it the text would not parse.
  if (text[start - 1] !== '\\') return start;
  const ending = /^(?:u[\dA-Fa-f]{4}|[bfnrt])/.exec(text.slice(start, start + 5));
  return Math.min(sign, start + (ending?.[0].length ?? 0));
}

function isLocal(code: number): boolean {
  const isLetter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
  return isLetter || (code >= 0x30 && code <= 0x39) || '._%+-'.includes(String.fromCharCode(code));
}

function domainEnd(text: string, start: number): number {
  DOMAIN.lastIndex = start;
  return DOMAIN.test(text) ? DOMAIN.lastIndex : 0;
}

const OCTET = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
const V4_HINT = /\d\.\d{1,3}\.\d{1,3}\.\d/;
// Not v1.2.3.4, and no part of 1.2.3.4.5.
const V4 = new RegExp(
  String.raw`(?=\d{1,3}\.\d{1,3}\.)${WORD_START}(?<!\d\.)${OCTET}(?:\.${OCTET}){3}(?!\.\d)${WORD_END}`,
  'g',
);

// An address of eight groups has seven colons, any other two in a row.
const V6_HINT = /::|:(?:[\dA-Fa-f]{1,4}:){6}/;
// A colon and digits before a slice's brackets, `rows[::2]`, are no address.
const V6 = new RegExp(
  String.raw`(?=[\dA-Fa-f]{0,4}:[\dA-Fa-f]{0,4}:)${WORD_START}(?<![:.])(?<![\w)\]]\[)[\dA-Fa-f]{0,4}(?::[\dA-Fa-f]{0,4}){2,8}(?:\.\d{1,3}){0,3}(?![:\w]|\.\d)`,
  'g',
);

/** IPv4 and IPv6 addresses, as `isIP` of Node knows them; without a port, the length of a network or a zone. */
export const ip: Rule = {
  name: 'ip',
  apply(text) {
    // First the longer ones: `::ffff:10.0.0.1` ends in the other kind.
    const rest = V6_HINT.test(text) ? replaceFound(text, V6, markerOf('ip'), v6Length) : text;
    return V4_HINT.test(rest) ? replaceFound(rest, V4, markerOf('ip'), (match) => match.length) : rest;
  },
};

function v6Length(match: string): number {
  return isIP(match) === 6 && looksMeant(match) ? match.length : 0;
}

/** `a::b` is a name in C++ and Rust, `1::2` a slice in Python, although both are addresses, too. */
function looksMeant(address: string): boolean {
  if (address === '::1') return true;
  const groups = address.split(':').filter((group) => group !== '');
  return /\d/.test(address) && (groups.length > 2 || groups.some((group) => group.length > 2));
}
