import type { Found } from './draft.ts';
import type { Line } from './line.ts';
import type { ReadOptions } from './options.ts';

export function readNewApi(_line: Line, _options: ReadOptions): Found | undefined {
  return undefined;
}
