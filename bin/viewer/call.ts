import type { Json } from '../../lib/types.ts';

/** One observation as the list of the page needs it. Times are Unix milliseconds, the cost is in US dollars. */
export interface Call {
  readonly id: string;
  readonly traceId: string;
  readonly parentId?: string;
  /** Lower case: `generation`, `embedding`, … */
  readonly type: string;
  readonly name: string;
  readonly traceName?: string;
  readonly model?: string;
  readonly user?: string;
  readonly session?: string;
  readonly level: string;
  readonly start: number;
  readonly end: number;
  /** When the first token came. */
  readonly first?: number;
  /** Tokens: of the prompt, of the answer, and all. */
  readonly input?: number;
  readonly output?: number;
  readonly tokens?: number;
  readonly cost?: number;
}

/** The same with all that is known of it. */
export interface WholeCall extends Call {
  readonly statusMessage?: string;
  readonly asked?: Json;
  readonly answered?: Json;
  readonly usage: Readonly<Record<string, number>>;
  readonly costs: Readonly<Record<string, number>>;
  readonly parameters?: Json;
  readonly metadata?: Json;
  readonly tags: readonly string[];
  readonly environment?: string;
  readonly release?: string;
}

/** Where the calls are read that arrived in Langfuse. */
export interface CallSource {
  /** Where that is, for the head of the page. */
  readonly place: string;
  /** A reason for an empty list or a late one, when there is something to be said. */
  readonly note?: string;
  /** Changes when there may be something new to read. */
  mark(): string;
  /** @throws Error that says why they cannot be read */
  calls(): Promise<readonly Call[]>;
  /** One trace whole; empty when there is none. @throws as `calls` */
  trace(id: string): Promise<readonly WholeCall[]>;
  /** The address of a trace in Langfuse's own interface, where it has one. */
  link?(id: string): string;
}

/** Without what the list does not show: contents can be megabytes. */
export function brief(whole: WholeCall): Call {
  const { statusMessage, asked, answered, usage, costs, parameters, metadata, tags, environment, release, ...call } =
    whole;
  return call;
}
