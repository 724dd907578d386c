import type { Clock } from '../../lib/types.ts';
import type { Invocation } from './fc.ts';

export interface TriggerOptions {
  readonly endpoint: string;
  readonly project: string;
  readonly logstore: string;
  readonly intervalMs: number;
  readonly clock: Clock;
  /** The cursor behind the shard's newest log. */
  readonly end: (shard: number) => string;
  readonly invoke: (event: string, shard: number) => Promise<Invocation>;
}

/**
 * The SLS trigger: once an interval, and each shard by itself, it offers what came since the last success. After a
 * failure the same position is offered again, until it succeeds (Function Compute, "Log Service triggers").
 */
export class SlsTrigger {
  readonly #options: TriggerOptions;
  readonly #positions = new Map<number, string>();

  constructor(options: TriggerOptions) {
    this.#options = options;
  }

  /** The cursor from which the shard's next range begins. */
  position(shard: number): string | undefined {
    return this.#positions.get(shard);
  }

  /** Runs a shard from a cursor on, until `signal` aborts; an invocation that has begun is waited for. */
  async run(shard: number, begin: string, signal: AbortSignal): Promise<void> {
    const { clock, intervalMs } = this.#options;
    this.#positions.set(shard, begin);
    while (!signal.aborted) {
      await this.#offer(shard);
      await clock.sleep(intervalMs, signal);
    }
  }

  async #offer(shard: number): Promise<void> {
    const begin = this.#positions.get(shard) ?? '';
    const end = this.#options.end(shard);
    if (begin === end) return;
    const invocation = await this.#options.invoke(JSON.stringify(this.#event(shard, begin, end)), shard);
    if (invocation.ok) this.#positions.set(shard, end);
  }

  #event(shardId: number, beginCursor: string, endCursor: string): unknown {
    const { endpoint, project: projectName, logstore: logstoreName, clock } = this.#options;
    return {
      parameter: {},
      source: { endpoint, projectName, logstoreName, shardId, beginCursor, endCursor },
      jobName: 'local-trigger',
      taskId: `${shardId}-${beginCursor}`,
      cursorTime: Math.floor(clock.now() / 1000),
    };
  }
}
