import { identityCheck, isDay, isLuhn } from './check-digits.ts';
import { type Judge, markerOf, NUMBER_END, NUMBER_START, type Rule, replaceFound } from './found.ts';

// A hint is fast where there is nothing to find, and so is a look ahead in front of the looks behind.
const MOBILE_HINT = /1[3-9]\d[ -]?\d{4}[ -]?\d{4}/;
// A fraction such as 0.13912345678 is a probability or a part of an embedding.
const MOBILE = new RegExp(
  String.raw`(?=\+86|0086|86|1[3-9])${NUMBER_START}(?<!(?<!\d)0\.)(?:(?:\+|00)?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}${NUMBER_END}`,
  'g',
);

const IDENTITY_HINT = /[1-9]\d{16}[\dXx]/;
const IDENTITY = new RegExp(
  String.raw`(?=[1-9]\d{16})${NUMBER_START}[1-9]\d{5}(?:19|20)\d\d[01]\d[0-3]\d{4}[\dXx]${NUMBER_END}`,
  'g',
);

const CARD_HINT = /[2-69]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{3}|3[47]\d\d[ -]\d{6}/;
/**
 * The first digits of cards: Visa, Mastercard, UnionPay (62, also 60), American Express, Diners, JCB, Discover, and
 * older cards of Chinese banks (9558, 9559). ISO/IEC 7812 gives out the ranges; the schemes publish theirs.
 */
const ISSUER = '(?=4|5[1-5]|6[0245]|3[04-9]|955[89]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)';
const IN_FOURS = String.raw`\d{4}([ -]?)\d{4}\1\d{4}\1\d{3,4}(?:\1\d{1,3})?`;
const CARD = new RegExp(
  String.raw`(?=[2-69]\d{3})${NUMBER_START}${ISSUER}(?:${IN_FOURS}|3[47]\d\d([ -])\d{6}\2\d{5})${NUMBER_END}`,
  'g',
);

const whole =
  (is: (match: string) => boolean): Judge =>
  (match) =>
    is(match) ? match.length : 0;

/**
 * Mainland mobile numbers: 1, 3 to 9, nine more digits; with or without 86, +86 or 0086, in one piece or as 3, 4 and 4
 * digits. Full-width digits are not looked for.
 */
export const mobile: Rule = numberRule(
  'mobile',
  MOBILE_HINT,
  MOBILE,
  whole(() => true),
);

/**
 * Resident identity numbers of 18 characters with a day of birth from 1900 to 2099 that exists and the right check
 * character (GB 11643-1999). The older ones of 15 digits have no check digit and are not looked for.
 */
export const idCard: Rule = numberRule('id-card', IDENTITY_HINT, IDENTITY, whole(isIdentity));

/** Card numbers of 15 to 19 digits, in one piece or in fours, that begin as an issuer's do and satisfy Luhn. */
export const bankCard: Rule = numberRule('bank-card', CARD_HINT, CARD, cardLength);

function numberRule(name: string, hint: RegExp, pattern: RegExp, judge: Judge): Rule {
  return { name, apply: (text) => (hint.test(text) ? replaceFound(text, pattern, markerOf(name), judge) : text) };
}

function isIdentity(number: string): boolean {
  return isDay(number.slice(6, 14)) && identityCheck(number.slice(0, 17)) === number.slice(17).toUpperCase();
}

/** The short last group may belong to what follows: `6222 … 1234 12期`. */
function cardLength(match: string): number {
  if (isCard(match)) return match.length;
  const shorter = match.replace(/[ -]\d{1,3}$/, '');
  return shorter !== match && isCard(shorter) ? shorter.length : 0;
}

function isCard(match: string): boolean {
  const digits = match.replace(/[ -]/g, '');
  return digits.length >= 15 && digits.length <= 19 && isLuhn(digits);
}
