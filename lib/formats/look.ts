import type { Json, JsonObject } from '../types.ts';
import type { FieldMap } from './field-map.ts';
import type { Line } from './line/line.ts';
import { isSecret } from './values/secret-text.ts';
import { firstText, present, structured } from './values/values.ts';

interface Sighting {
  readonly path: string;
  readonly value: Json;
}

/** Looks up what a map names for a place: of several paths the first that says anything. */
export class Look {
  readonly map: FieldMap;
  readonly #line: Line;

  constructor(line: Line, map: FieldMap) {
    this.#line = line;
    this.map = map;
  }

  value(place: string): Json | undefined {
    return this.#sighting(place)?.value;
  }

  text(place: string): string | undefined {
    return firstText(this.value(place));
  }

  /** The places under a heading such as `cost.`, by the name behind it. */
  under(heading: string): JsonObject {
    return this.#under(heading, () => true);
  }

  /** The same of metadata, where no new name may let in what its own name keeps out: an `authorization`. */
  metadata(): JsonObject {
    return this.#under('metadata.', ({ path }) => !isSecret(path));
  }

  #under(heading: string, isWanted: (sighting: Sighting) => boolean): JsonObject {
    const places = [...this.map.keys()].filter((place) => place.startsWith(heading));
    const found = places.flatMap((place): [string, Json][] => {
      const sighting = this.#sighting(place);
      return sighting && isWanted(sighting) ? [[place.slice(heading.length), sighting.value]] : [];
    });
    return Object.fromEntries(found);
  }

  #sighting(place: string): Sighting | undefined {
    for (const path of this.map.get(place) ?? []) {
      const found = this.#line.at(path);
      const value = present(found) ? structured(found) : undefined;
      if (value !== undefined) return { path, value };
    }
    return undefined;
  }
}
