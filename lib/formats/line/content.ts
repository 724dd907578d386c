import { contentOf } from '../../identity.ts';
import type { Line } from './line.ts';
import { LINE_FIELDS } from './unwrap.ts';

/**
 * All that tells a line without an id from the next, as text: its fields, what its record says beside it (such as an
 * offset in a file) and the record's time, source and tags. The same whether the line was logged as one text or as fields.
 */
export function contentOfLine({ record, fields }: Line): string {
  const beside = [...record.fields].filter(([name]) => !LINE_FIELDS.includes(name));
  return contentOf({ ...record, fields: new Map([...beside, ...fields]) });
}
