import type { Found } from './draft.ts';
import type { FieldMap } from './field-map.ts';
import type { Line } from './line/line.ts';

/** The formats there are, in the order in which they are looked for. */
export const FORMATS = [
  ...(['otel', 'seed', 'higress', 'litellm', 'kong', 'apisix', 'envoy', 'xinference', 'new-api'] as const),
];

export type Format = (typeof FORMATS)[number];

/** Reads a line of its format; `undefined` for a line that is none. */
export type Reader = (line: Line, options: ReadOptions) => Found | undefined;

/** Readers in the order in which they are asked: those of the surest signs come first. */
export type Readers = readonly (readonly [Format, Reader])[];

/** What a record's reader has to know beside the record. */
export interface ReadOptions {
  readonly readers: Readers;
  /** Loads all readers, where `readers` are only the first to ask; nothing is skipped before all were asked. */
  readonly more?: (() => Promise<Readers>) | undefined;
  /** IANA name of the zone meant by times that name none. */
  readonly timeZone: string;
  /** The one format to look for; absent: all. `custom`: what `fieldMap` says, and nothing else. */
  readonly sourceFormat?: Format | 'custom' | undefined;
  /** Names of one's own fields, which come before what a format says. */
  readonly fieldMap?: FieldMap | undefined;
  /** Whether calls of MCP tools are calls; else they are skipped. */
  readonly includeMcp?: boolean | undefined;
  /** Whether images and the like that stand in a message as base64 are kept; else a mark with type and size is. */
  readonly keepMedia?: boolean | undefined;
}
