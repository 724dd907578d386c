import { Budget } from './budget.ts';
import { systemClock as clock } from './clock.ts';
import { type Config, type Env, parseConfig } from './config.ts';
import { credentialsOf, type FcContext } from './context.ts';
import { Delivery } from './deliver.ts';
import { type Deliveries, Destinations } from './destinations.ts';
import { InvocationError } from './errors.ts';
import { FIRST } from './formats/first.ts';
import type { Readers } from './formats/options.ts';
import { openProjects, type Project } from './langfuse/projects.ts';
import { storedAmong } from './langfuse/stored.ts';
import type { Bucket } from './letters/bucket.ts';
import { openBucket } from './letters/open-bucket.ts';
import { createLog, type Log, type LogFields } from './log.ts';
import { Progress } from './progress.ts';
import type { Redactor } from './redact/redactor.ts';
import { type ShipOptions, shipRange } from './ship.ts';
import type { SlsAccess } from './sls/client.ts';
import { stepBetween } from './sls/cursor.ts';
import { regionOf, resolveEndpoint } from './sls/endpoint.ts';
import { pullRange } from './sls/pull.ts';
import type { Credentials, CursorRange, Receipt } from './types.ts';
import { tuneV8 } from './v8.ts';
import type { Redaction } from './view/settings.ts';
import type { ViewOptions } from './view/view.ts';

/** What Langfuse is and takes does not change while an instance lives; credentials do, and are never kept. */
let projects: ReadonlyMap<string, Project> | undefined;
let redactor: Promise<Redactor | undefined> | undefined;

/** What of a shipment differs between a fresh range and a replayed one. */
export type ShipRequest = Pick<ShipOptions, 'arrivedAt' | 'replayOf' | 'retryOutage'> & {
  /** Of the dead letters; the invocation's own unless one invocation ships several ranges. */
  readonly requestId?: string;
  /** Whether the range is one of the trigger's, which comes again with the same begin. */
  readonly checkpoint: boolean;
};

/**
 * What both functions do alike with an invocation: configuration, credentials, the clock, and the ways to SLS, Langfuse
 * and OSS. Ends with {@link finish}.
 */
export class Invocation {
  readonly clock = clock;
  readonly config: Config;
  readonly budget: Budget;
  readonly bucket: Bucket;
  readonly delivery: Deliveries;
  readonly log: Log;
  readonly requestId: string;
  readonly signal: AbortSignal;
  readonly #context: FcContext;
  readonly #credentials: Credentials;

  /**
   * `common` is said in every log line; `resent` when any call may have been sent before.
   *
   * @throws InvocationError for a wrong configuration or missing credentials
   */
  constructor(context: FcContext, env: Env, common: LogFields, resent = false) {
    this.budget = new Budget(clock, context.function.timeout);
    tuneV8();
    this.config = parseConfig(env);
    this.#credentials = credentialsOf(context);
    this.#context = context;
    this.requestId = context.requestId;
    this.log = createLog(this.config.log, { requestId: this.requestId, ...common }, console.log);
    projects ??= openProjects(this.config);
    this.signal = this.budget.start();
    this.delivery = this.#deliver(projects, resent);
    const access = { ...this.config.letters, region: context.region, credentials: this.#credentials };
    this.bucket = openBucket(access, { clock, random: Math.random, until: this.budget.endsAt });
  }

  /** Ends the invocation's timer. */
  finish(): void {
    this.budget.finish();
  }

  /** How to pull a range. @throws InvocationError for an endpoint that is none of SLS */
  access({ endpoint }: CursorRange): SlsAccess {
    const { sls } = this.config;
    const resolved = resolveEndpoint(endpoint, sls.endpoint);
    if (resolved.kind === 'refused') throw new InvocationError('endpoint', resolved.message);
    const region = regionOf(resolved.url.hostname) ?? regionOf(endpoint) ?? this.#context.region;
    const { signature, query } = sls;
    return { credentials: this.#credentials, region, endpoint: resolved.url, signature, query, clock };
  }

  /** How logs are shown. @throws InvocationError for patterns of REDACT_PATTERNS that make no sense */
  async view(): Promise<ViewOptions> {
    const { redaction, ...view } = this.config.view;
    redactor ??= openRedactor(redaction);
    return { ...view, readers: FIRST, more: allReaders, redactor: await redactor };
  }

  /** Ships a range. @throws InvocationError as {@link shipRange} */
  async ship(range: CursorRange, { checkpoint, requestId = this.requestId, ...more }: ShipRequest): Promise<Receipt> {
    const { config, budget, delivery, bucket, log, signal } = this;
    const access = this.access(range);
    const { startedAt, pullUntil } = budget;
    const { prefix } = config.letters;
    const some = stepBetween(range.begin, range.end) === 'forward';
    const progress =
      some && checkpoint && (await this.#checkpoints())
        ? new Progress(range, prefix, { bucket, clock, log })
        : undefined;
    return shipRange(
      range,
      { pull: (part) => pullRange(part, access, signal), delivery, letters: bucket, progress, log, clock },
      { requestId, prefix, startedAt, pullUntil, ...(await this.view()), ...more },
    );
  }

  /** Whether a call that is sent twice would be seen twice. A server that does not answer now may be such a one. */
  async #checkpoints(): Promise<boolean> {
    const { checkpoint } = this.config;
    if (checkpoint !== 'auto') return checkpoint === 'on';
    const routes = await Promise.all([...(projects ?? []).values()].map(({ langfuse }) => langfuse.route(this.signal)));
    return routes.some((route) => !('server' in route) || route.server.mergesLate);
  }

  #deliver(to: ReadonlyMap<string, Project>, resent: boolean): Deliveries {
    const [only, ...more] = [...to].map(([name, project]): [string, Delivery] => [
      name,
      this.#delivery(project, resent),
    ]);
    if (!only) throw new Error('There is always a default project');
    return more.length === 0 ? only[1] : new Destinations(new Map([only, ...more]));
  }

  #delivery({ access, langfuse }: Project, resent: boolean): Delivery {
    const { signal } = this;
    const { sendUntil } = this.budget;
    const { concurrency } = this.config.langfuse;
    const lookup = (calls: Parameters<typeof storedAmong>[0]) => storedAmong(calls, access, signal);
    return new Delivery({ langfuse, lookup, resent, clock, concurrency, random: Math.random, signal, sendUntil });
  }
}

/** Loaded only where there are logs that the first readers do not know. */
async function allReaders(): Promise<Readers> {
  const { ALL } = await import('./formats/all.ts');
  return ALL;
}

/** Loaded only where something is to be redacted. */
async function openRedactor(redaction: Redaction): Promise<Redactor | undefined> {
  if (redaction.rules.length === 0 && redaction.patterns === undefined) return undefined;
  const { redactorOf } = await import('./redact/redactor.ts');
  return redactorOf(redaction);
}
