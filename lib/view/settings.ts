import * as z from 'zod/mini';
import { FORMATS } from '../formats/options.ts';
import { parseTags, parseTemplate } from '../names.ts';
import { parsePrices } from '../prices.ts';
import { parseRules, type RuleName } from '../redact/rules.ts';
import { type ParsedConditions, parseConditions } from '../select/conditions.ts';
import { choice, written } from '../settings.ts';
import { parseFieldMap } from './field-map-setting.ts';
import type { ViewOptions } from './view.ts';

const conditions = written((text) => {
  const parsed: ParsedConditions = parseConditions(text);
  return 'problem' in parsed ? { problems: [parsed.problem] } : { value: parsed.conditions };
});

/** What the operator may set about how logs are shown in Langfuse. */
export const ViewSettings = {
  SOURCE_FORMAT: z._default(choice('auto', ...FORMATS, 'custom'), 'auto'),
  FIELD_MAP: written(parseFieldMap),
  TRACE_NAME: written((text) => {
    const parsed = parseTemplate(text);
    return 'problem' in parsed ? { problems: [parsed.problem] } : { value: parsed.template };
  }),
  TAGS: written((text) => {
    const parsed = parseTags(text);
    return 'problem' in parsed ? { problems: [parsed.problem] } : { value: parsed.tags };
  }),
  MODEL_PRICES: written((text) => {
    const parsed = parsePrices(text);
    return 'problems' in parsed ? parsed : { value: parsed.prices };
  }),
  INCLUDE_MCP: z._default(choice('true', 'false'), 'false'),
  CAPTURE_CONTENT: z._default(choice('true', 'false', 'errors-only'), 'true'),
  CAPTURE_MEDIA: z._default(choice('true', 'false'), 'false'),
  REDACT: written((text) => {
    const parsed = parseRules(text);
    return 'problems' in parsed ? parsed : { value: parsed.rules };
  }),
  REDACT_PATTERNS: z.optional(z.string()),
  REDACT_LETTERS: z._default(choice('true', 'false'), 'true'),
  INCLUDE: conditions,
  EXCLUDE: conditions,
  SAMPLE_RATE: z._default(
    z.coerce.number('must be a number from 0 to 1').check(z.refine((rate) => rate >= 0 && rate <= 1, 'must be 0 to 1')),
    1,
  ),
  SAMPLE_ERRORS: z._default(choice('true', 'false'), 'false'),
  TZ: z._default(
    z.string().check(z.refine(isTimeZone, 'must be the name of a time zone, such as Asia/Shanghai or UTC')),
    'UTC',
  ),
};

const Settings = z.object(ViewSettings);
type Parsed = z.infer<typeof Settings>;

/** What is to be redacted. Own patterns are compiled by the redactor, as that loads a library. */
export interface Redaction {
  readonly rules: readonly RuleName[];
  /** JSON of own patterns by name. */
  readonly patterns?: string;
}

/** A view but for what has to be loaded: its readers and its redactor. */
export interface View extends Omit<ViewOptions, 'readers' | 'more' | 'redactor'> {
  readonly redaction: Redaction;
}

/** What is wrong with settings that are right each for itself. */
export function wrongTogether(values: Readonly<Record<string, string>>): string[] {
  if (values.SOURCE_FORMAT !== 'custom' || values.FIELD_MAP !== undefined) return [];
  return ['SOURCE_FORMAT is custom, which is what FIELD_MAP says; set FIELD_MAP to the fields of your logs'];
}

/** The view that checked settings describe. */
export function viewOf(s: Parsed): View {
  return {
    timeZone: s.TZ,
    ...(s.SOURCE_FORMAT !== 'auto' && { sourceFormat: s.SOURCE_FORMAT }),
    ...(s.FIELD_MAP && { fieldMap: s.FIELD_MAP }),
    ...(s.TRACE_NAME && { traceName: s.TRACE_NAME }),
    ...(s.TAGS && { tags: s.TAGS }),
    ...(s.MODEL_PRICES && { prices: s.MODEL_PRICES }),
    ...(s.INCLUDE_MCP === 'true' && { includeMcp: true }),
    ...(s.CAPTURE_CONTENT !== 'true' && { capture: s.CAPTURE_CONTENT }),
    ...(s.CAPTURE_MEDIA === 'true' && { keepMedia: true }),
    ...(s.REDACT_LETTERS === 'false' && { rawLetters: true }),
    ...(selects(s) && { selection: selectionOf(s) }),
    redaction: { rules: s.REDACT ?? [], ...(s.REDACT_PATTERNS && { patterns: s.REDACT_PATTERNS }) },
  };
}

function selects({ INCLUDE, EXCLUDE, SAMPLE_RATE }: Parsed): boolean {
  return INCLUDE !== undefined || EXCLUDE !== undefined || SAMPLE_RATE < 1;
}

function selectionOf(s: Parsed): View['selection'] {
  return {
    ...(s.INCLUDE && { include: s.INCLUDE }),
    ...(s.EXCLUDE && { exclude: s.EXCLUDE }),
    sampleRate: s.SAMPLE_RATE,
    sampleErrors: s.SAMPLE_ERRORS === 'true',
  };
}

function isTimeZone(value: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en-US', { timeZone: value }));
  } catch {
    return false;
  }
}
