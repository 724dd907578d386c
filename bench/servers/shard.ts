import { encodeGroups } from '../../test/stand-ins/sls/encode.ts';
import { gatewayLog } from '../gateway-log.ts';
import { type Random, seeded } from '../random.ts';

export interface ShardOptions {
  readonly logsPerGroup: number;
  /** Log groups with a text of their own; further ones repeat their text under new ids. */
  readonly groups: number;
}

interface Template {
  readonly bytes: Buffer;
  /** Where the ids of its logs begin. */
  readonly ids: readonly number[];
}

/** Digits that are written anew in each id. */
const DIGITS = 8;

/**
 * A shard without an end, made as it is read, so that a million logs need no memory: beyond the first groups their texts
 * come again, far outside the windows of LZ4 and gzip, each time with other request and trace ids.
 */
export class EndlessShard {
  readonly logsPerGroup: number;
  readonly #templates: readonly Template[];

  constructor({ logsPerGroup, groups }: ShardOptions) {
    this.logsPerGroup = logsPerGroup;
    const random = seeded(20261121);
    this.#templates = Array.from({ length: groups }, (_, i) => template(random, i * logsPerGroup, logsPerGroup));
  }

  /** The log groups from `from` on, as the bytes of a `LogGroupList`. */
  read(from: number, count: number): Buffer {
    return Buffer.concat(Array.from({ length: count }, (_, i) => this.#group(from + i)));
  }

  #group(at: number): Buffer {
    const known = this.#templates[at % this.#templates.length];
    if (!known) return Buffer.alloc(0);
    const bytes = Buffer.from(known.bytes);
    known.ids.forEach((offset, i) => {
      const id = at * this.logsPerGroup + Math.floor(i / 2);
      bytes.write(id.toString(16).padStart(DIGITS, '0'), offset, 'latin1');
    });
    return bytes;
  }
}

function template(random: Random, first: number, logs: number): Template {
  const made = Array.from({ length: logs }, (_, i) => gatewayLog(random, first + i));
  const bytes = encodeGroups([
    {
      logs: made.map(({ fields, time }) => ({ time, fields: { ...fields } })),
      topic: '',
      source: '10.0.3.21',
      tags: { __hostname__: 'gateway-0' },
    },
  ]);
  const ids = made.flatMap(({ fields }) =>
    [fields.request_id ?? '', fields.trace_id ?? ''].map((id) => bytes.indexOf(id)),
  );
  return { bytes, ids };
}
