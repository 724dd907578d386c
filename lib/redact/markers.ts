import { RULES } from './rules.ts';

/** Finds the markers of the built-in rules and of own patterns with these names. */
export function markerPattern(names: readonly string[]): RegExp {
  return new RegExp(String.raw`\[(?:${[...RULES, ...names].join('|')})\]`, 'g');
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where a text has markers, to be asked from its beginning to its end. */
export class Markers {
  readonly #spans: readonly Span[];
  #at = 0;

  constructor(text: string, pattern: RegExp) {
    const found = text.includes('[') ? [...text.matchAll(pattern)] : [];
    this.#spans = found.map((match) => ({ start: match.index, end: match.index + match[0].length }));
  }

  /** The end of the marker that these characters are in, or begin in the middle of; `undefined` when there is none. */
  endAround(start: number, end: number): number | undefined {
    const span = this.#ending(start + 1);
    if (!span || span.start > start) return undefined;
    return span.start < start || end <= span.end ? span.end : undefined;
  }

  /** The end of the marker that the character before `end` is in, or `end` itself. */
  endOutside(end: number): number {
    const span = this.#ending(end);
    return span && span.start < end ? span.end : end;
  }

  /** The first marker that ends at `position` or behind it. */
  #ending(position: number): Span | undefined {
    while ((this.#spans[this.#at]?.end ?? position) < position) this.#at++;
    return this.#spans[this.#at];
  }
}
