import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { V8_FLAGS } from '../lib/v8.ts';

it.each(V8_FLAGS)('V8 knows %s: else it would do nothing, and say so in the log of the function only', (flag) => {
  const known = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  expect(known).toContain(`${flag.split('=')[0]} (`);
});
