import { email, ip } from './addresses.ts';
import type { Rule } from './found.ts';
import { apiKey, bearer, privateKey } from './keys.ts';
import { bankCard, idCard, mobile } from './numbers.ts';

/** From what is long and specific to bare numbers, so that no rule takes a part of what is another's. */
export const BUILT_IN: readonly Rule[] = [privateKey, bearer, apiKey, email, ip, idCard, bankCard, mobile];
