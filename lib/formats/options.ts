import type { FieldMap } from './field-map.ts';

/** The formats there are, in the order in which they are looked for. */
export const FORMATS = [
  ...(['otel', 'seed', 'higress', 'litellm', 'kong', 'apisix', 'envoy', 'xinference', 'new-api'] as const),
];

export type Format = (typeof FORMATS)[number];

/** What a record's reader has to know beside the record. */
export interface ReadOptions {
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
