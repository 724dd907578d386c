/** Whether the digits end in the check digit that Luhn's algorithm gives (ISO/IEC 7812-1, annex B). */
export function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const doubled = digit * 2;
    sum += i % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** By the weighted sum modulo 11, the check character of a resident identity number (GB 11643-1999, section 4). */
const CHECKS = '10X98765432';

/** The check character (`0` to `9` or `X`) of an identity number's first 17 digits, by ISO 7064 MOD 11-2. */
export function identityCheck(first17: string): string {
  let sum = 0;
  for (let i = 0; i < first17.length; i++) sum = (sum + (first17.charCodeAt(i) - 48)) * 2;
  return CHECKS[sum % 11] ?? '';
}

/** Whether there is such a day, written `YYYYMMDD`. */
export function isDay(digits: string): boolean {
  const [year, month, day] = [digits.slice(0, 4), digits.slice(4, 6), digits.slice(6, 8)].map(Number);
  if (year === undefined || month === undefined || day === undefined || month < 1 || month > 12) return false;
  // The day 0 of the month after is the last of this one.
  return day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}
