import { InvocationError } from '../errors.ts';
import { checkPatterns } from '../redact/patterns.ts';
import { createRedactor, type Redactor } from '../redact/redactor.ts';
import type { Redaction } from './settings.ts';

/**
 * The redactor that the settings ask for; `undefined` when nothing is to be redacted.
 *
 * @throws InvocationError that lists what is wrong with the patterns of REDACT_PATTERNS
 */
export async function redactorOf({ rules, patterns }: Redaction): Promise<Redactor | undefined> {
  const checked = patterns === undefined ? { patterns: [] } : await checkPatterns(patterns);
  if ('problems' in checked) {
    const lines = checked.problems.map((problem) => `  - REDACT_PATTERNS ${problem}`);
    throw new InvocationError('config', ['The configuration has a problem:', ...lines].join('\n'));
  }
  return createRedactor({ rules, patterns: checked.patterns });
}
