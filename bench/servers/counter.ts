import { gunzipSync } from 'node:zlib';

/** Bytes of bodies that are kept to be counted later. */
const MOST_KEPT = 64 << 20;
const MARK = '"traceId":"';

/** Counts the spans in OTLP request bodies (gzip or plain), when asked or when too much has gathered. */
export class Counter {
  #bodies: Buffer[] = [];
  #kept = 0;
  #spans = 0;

  add(body: Buffer): void {
    this.#bodies.push(body);
    this.#kept += body.length;
    if (this.#kept > MOST_KEPT) this.#count();
  }

  /** The spans since the last time. */
  take(): number {
    this.#count();
    const spans = this.#spans;
    this.#spans = 0;
    return spans;
  }

  #count(): void {
    for (const body of this.#bodies) this.#spans += marksIn(body[0] === 0x1f ? gunzipSync(body) : body);
    this.#bodies = [];
    this.#kept = 0;
  }
}

function marksIn(json: Buffer): number {
  let marks = 0;
  for (let at = json.indexOf(MARK); at >= 0; at = json.indexOf(MARK, at + MARK.length)) marks++;
  return marks;
}
