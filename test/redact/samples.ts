import fc from 'fast-check';
import { createRedactor, type Redactor } from '../../lib/redact/redactor.ts';
import { RULES, type RuleName } from '../../lib/redact/rules.ts';

/** A redactor by these rules, by all when none is named, and by own patterns. */
export async function redactor(
  rules: readonly RuleName[] = RULES,
  own: Readonly<Record<string, string>> = {},
): Promise<Redactor> {
  const patterns = Object.entries(own).map(([name, source]) => ({ name, source }));
  const made = await createRedactor({ rules, patterns });
  if (!made) throw new Error('nothing was asked for');
  return made;
}

/** The weights as the standard lists them, not as the code computes them. */
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

export function identityOf(first17: string): string {
  const sum = WEIGHTS.reduce((total, weight, i) => total + weight * Number(first17[i]), 0);
  return first17 + '10X98765432'[sum % 11];
}

export function cardOf(payload: string): string {
  const valid = Array.from({ length: 10 }, (_, check) => `${payload}${check}`).find((digits) => luhn(digits) === 0);
  return valid ?? '';
}

function luhn(digits: string): number {
  const values = [...digits].reverse().map((digit, i) => Number(digit) * (i % 2 === 1 ? 2 : 1));
  return values.reduce((sum, value) => sum + Math.floor(value / 10) + (value % 10), 0) % 10;
}

const digitsOf = (count: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: count, maxLength: count }).map((digits) => digits.join(''));
const birthday = fc
  .date({ min: new Date('1900-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10).replaceAll('-', ''));

export const identities = fc
  .tuple(fc.integer({ min: 110000, max: 829999 }), birthday, digitsOf(3))
  .map(([region, day, order]) => identityOf(`${region}${day}${order}`));

export const cards = fc
  .tuple(
    fc.constantFrom('62', '4', '51', '55', '2221', '2720', '34', '37', '36', '60'),
    fc.integer({ min: 15, max: 19 }),
  )
  .chain(([issuer, length]) => digitsOf(length - 1 - issuer.length).map((rest) => cardOf(issuer + rest)));

/** The same digits with another one at the end. */
export function otherCheck(number: string): string {
  const last = number.at(-1) ?? '';
  return number.slice(0, -1) + (last === 'X' ? '0' : String((Number(last) + 1) % 10));
}
