export interface SlsLog {
  /** Unix seconds. */
  readonly time: number;
  readonly timeNs?: number;
  readonly fields: Readonly<Record<string, string>> | readonly (readonly [string, string])[];
}

export interface SlsGroup {
  readonly logs: readonly SlsLog[];
  readonly topic?: string;
  readonly source?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** When the server received it, Unix seconds; default the time of its first log. */
  readonly received?: number;
}

interface Stored {
  readonly position: bigint;
  readonly group: SlsGroup;
}

export interface Slice {
  readonly groups: readonly SlsGroup[];
  readonly next: bigint;
  /** Position of the last group of the slice. */
  readonly last: bigint | undefined;
}

/** The position of the first group unless another is given: as large as real ones, beyond what a number holds. */
export const FIRST_POSITION = 1_505_390_275_658_707_566n;

/** One shard: groups at rising positions. */
export class Shard {
  readonly #stored: Stored[] = [];
  #end: bigint | undefined;

  get oldest(): bigint {
    return this.#stored[0]?.position ?? this.end;
  }

  /** The position that the next write will take. */
  get end(): bigint {
    return this.#end ?? FIRST_POSITION;
  }

  /** Positions lie `step` apart; more than 1 leaves holes, as storage upgrades do. */
  append(groups: readonly SlsGroup[], at = this.end, step = 1n): { begin: bigint; end: bigint } {
    if (at < this.end && this.#end !== undefined) throw new Error(`position ${at} is already taken`);
    let position = at;
    for (const group of groups) {
      this.#stored.push({ position, group });
      position += step;
    }
    this.#end = position;
    return { begin: at, end: position };
  }

  /** The groups from `from` on, before `end`; a position before the oldest data moves forward without a word. */
  slice(from: bigint, end: bigint | undefined, count: number): Slice {
    const rest = this.#stored.filter(({ position }) => position >= from && (end === undefined || position < end));
    const taken = rest.slice(0, count);
    const last = taken.at(-1)?.position;
    return { groups: taken.map(({ group }) => group), last, next: last === undefined ? from : last + 1n };
  }

  /** The first position after `from` that holds a group, when there is none at `from` itself. */
  behindHole(from: bigint): bigint | undefined {
    const next = this.#stored.find(({ position }) => position >= from)?.position;
    return next === from ? undefined : next;
  }

  receivedFrom(seconds: number): bigint {
    return this.#stored.find(({ group }) => receivedAt(group) >= seconds)?.position ?? this.end;
  }

  receivedAt(position: bigint): number {
    const at = this.#stored.find((stored) => stored.position >= position) ?? this.#stored.at(-1);
    return at === undefined ? 0 : receivedAt(at.group);
  }
}

function receivedAt(group: SlsGroup): number {
  return group.received ?? group.logs[0]?.time ?? 0;
}

export function cursorOf(position: bigint): string {
  return Buffer.from(position.toString()).toString('base64');
}

/** The position of a cursor, padded or not, or undefined when it is none. */
export function positionOf(cursor: string): bigint | undefined {
  const digits = Buffer.from(cursor, 'base64').toString();
  return /^\d+$/.test(digits) ? BigInt(digits) : undefined;
}
