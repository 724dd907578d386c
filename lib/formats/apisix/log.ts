import type { Json, JsonObject } from '../../types.ts';
import type { Line } from '../line/line.ts';
import { asObject, inside, nestedOf } from '../line/nested.ts';
import type { Told } from '../values/call-times.ts';
import { loggedAt } from '../values/call-times.ts';
import { failed } from '../values/http-outcome.ts';
import { llmApi } from '../values/path.ts';
import { parseTime } from '../values/time.ts';
import { amount, count, firstPresent, firstText, present } from '../values/values.ts';

const ROOTS = ['request', 'response', 'consumer', 'llm_summary', 'llm_request', 'llm_response_text', 'llm_response'];
/** What the summary calls otherwise than its variable, which is `llm_` and the summary's name. */
const VARIABLES: Readonly<Record<string, string>> = {
  request_model: 'request_llm_model',
  duration: 'llm_time_to_first_token',
};
/** Any of these makes an `llm_summary` one of APISIX's. */
const SUMMARY = ['model', 'request_model', 'prompt_tokens', 'completion_tokens', 'duration'];
/** One of each makes a line without a summary that of an LLM call; with a `request_type`, one of either. */
const SIGNS = ['llm_model', 'request_llm_model'];
const COUNTS = ['llm_prompt_tokens', 'llm_completion_tokens', 'llm_time_to_first_token'];

/** A log entry of APISIX, and what its summary or its variables say. */
export class ApisixLog {
  /** The whole entry, as it was logged. */
  readonly entry: JsonObject;
  readonly #line: Line;

  private constructor(line: Line, entry: JsonObject) {
    this.#line = line;
    this.entry = entry;
  }

  /** `undefined` for a line that is no LLM call of APISIX. */
  static of(line: Line): ApisixLog | undefined {
    const summed = [...line.fields.keys()].some((name) => name === 'llm_summary' || name.startsWith('llm_summary.'));
    if (!summed && !hasVariables(line) && !isEntry(line)) return undefined;
    const log = new ApisixLog(line, nestedOf(line, ROOTS));
    const summary = asObject(log.entry.llm_summary) ?? {};
    const isCall = hasVariables(line) || SUMMARY.some((name) => Object.hasOwn(summary, name));
    return isCall || (isEntry(line) && (log.#hasPayloads() || log.#turnedDown())) ? log : undefined;
  }

  /** The plugin logs payloads and summaries each on their own. */
  #hasPayloads(): boolean {
    return asObject(this.entry.llm_request)?.messages !== undefined && Object.hasOwn(this.entry, 'llm_response_text');
  }

  /** A request of an LLM's path that failed before the AI plugin saw it: without a key, or over the rate limit. */
  #turnedDown(): boolean {
    const method = firstText(inside(this.entry, 'request', 'method'))?.toUpperCase() ?? 'POST';
    return method === 'POST' && llmApi(this.path ?? '') !== undefined && failed(this.status);
  }

  /** What the summary, or else the variable, says under this name of the summary's. */
  said(name: string): Json | undefined {
    return firstPresent(...this.pathsOf(name).map((path) => inside(this.entry, ...path)));
  }

  /** Where the entry may say it. */
  pathsOf(name: string): readonly (readonly string[])[] {
    return [['llm_summary', name], [VARIABLES[name] ?? `llm_${name}`]];
  }

  get route(): string | undefined {
    return this.#line.text('route_name', 'route_id');
  }

  get path(): string | undefined {
    return firstText(inside(this.entry, 'request', 'uri'), this.#line.path);
  }

  get status(): number | undefined {
    return count(inside(this.entry, 'response', 'status')) ?? this.#line.status;
  }

  get consumer(): string | undefined {
    const consumer = this.entry.consumer;
    const named = [inside(consumer, 'username'), inside(consumer, 'consumer_name')];
    return firstText(...named, this.#line.text('consumer_name'), asObject(consumer) ? undefined : consumer);
  }

  /** The request as the plugin logs it, or else as the logger does. */
  get requestBody(): Json | undefined {
    const text = this.#line.text('llm_request_body', 'request_body', 'req_body');
    return firstPresent(this.#request(), inside(this.entry, 'request', 'body'), text);
  }

  #request(): Json | undefined {
    const request = asObject(this.entry.llm_request);
    // A log agent that flattens makes texts of all values.
    const stream = request?.stream === 'true' || request?.stream === 'false';
    return stream ? { ...request, stream: request.stream === 'true' } : this.entry.llm_request;
  }

  get responseBody(): Json | undefined {
    return firstPresent(inside(this.entry, 'response', 'body'), this.#line.text('response_body', 'resp_body'));
  }

  /** The answer's text. It may be JSON itself, which is the model's and is not read. */
  get answer(): Json | undefined {
    const flat = this.#line.text('llm_response_text.content', 'llm_response_text');
    const wrapped = asObject(flat);
    const own = wrapped && Object.keys(wrapped).join() === 'content' ? (wrapped.content ?? null) : flat;
    return firstPresent(
      wrapped && Object.keys(wrapped).length === 0 ? undefined : own,
      inside(this.entry, 'llm_response', 'content'),
    );
  }

  /** Milliseconds to the first token of a stream, or to the whole of another answer. */
  get firstTokenMs(): number | undefined {
    return amount(this.said('duration'));
  }

  /** Entries of before `stream` tell by the type of the request or of the answer. */
  get streamed(): boolean {
    const said = firstText(this.said('stream'), inside(this.entry, 'llm_request', 'stream'));
    if (said !== undefined) return said === 'true';
    const type = this.#line.text('request_type');
    const contentType = firstText(inside(this.entry, 'response', 'headers', 'content-type'));
    return type === undefined ? (contentType?.startsWith('text/event-stream') ?? false) : type === 'ai_stream';
  }

  /** The request's start as it is logged. */
  get start(): string | undefined {
    return this.#line.text('start_time');
  }

  /** nginx's own times are those of the log, which is written at the end. */
  times(timeZone: string): Told {
    const ended = this.#line.text('@timestamp', 'time_iso8601', 'timestamp', 'msec');
    return {
      start: parseTime(this.start ?? '', timeZone),
      logged: parseTime(ended ?? '', timeZone) ?? loggedAt(this.#line.record),
      duration: this.#durationMs(),
    };
  }

  #durationMs(): number | undefined {
    const seconds = amount(this.#line.text('request_time'));
    const upstream = amount(this.said('upstream_response_time')) ?? this.firstTokenMs;
    return amount(this.#line.text('latency')) ?? (seconds === undefined ? upstream : seconds * 1000);
  }
}

/** Whether the line is a full entry, as all logger plugins write it of any request. */
function isEntry({ fields }: Line): boolean {
  const request = fields.has('request') || fields.has('request.uri');
  return request && ['route_id', 'start_time', 'latency'].every((name) => fields.has(name));
}

function hasVariables(line: Line): boolean {
  const type = line.text('request_type');
  if (type !== undefined) return type.startsWith('ai_') && [...SIGNS, ...COUNTS].some((name) => line.fields.has(name));
  return line.text(...SIGNS) !== undefined && COUNTS.some((name) => present(line.fields.get(name)));
}
