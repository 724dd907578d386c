import { z } from 'zod';

/** The field rules of the ingestion API (Langfuse contract, section 2): a breach fails that event alone, with 400. */
const id = z
  .string()
  .min(1)
  .max(800)
  .regex(/^[^\r]*$/, 'Must not contain a carriage return');
const time = z.iso.datetime({ offset: true });
const anything = z.unknown().optional();
const words = z.string().nullish();
const optionalTime = time.nullish();

const parameter = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.null(),
  z.array(z.string()),
  z.record(z.string(), z.string()),
]);

const trace = z.object({
  id: id.nullish(),
  timestamp: optionalTime,
  name: z.string().max(1000).nullish(),
  userId: words,
  sessionId: words,
  tags: z.array(z.string()).nullish(),
  environment: anything,
  release: words,
  version: words,
  public: z.boolean().nullish(),
  metadata: anything,
  input: anything,
  output: anything,
});

const span = z.object({
  id: id.nullish(),
  traceId: id.nullish(),
  parentObservationId: id.nullish(),
  name: words,
  startTime: optionalTime,
  endTime: optionalTime,
  level: z.enum(['DEBUG', 'DEFAULT', 'WARNING', 'ERROR']).nullish(),
  statusMessage: words,
  version: words,
  environment: anything,
  metadata: anything,
  input: anything,
  output: anything,
});

const tokens = z.int().nullish();
const generation = span
  .extend({
    completionStartTime: optionalTime,
    model: words,
    modelParameters: z.record(z.string(), parameter).nullish(),
    usage: z
      .object({
        input: tokens,
        output: tokens,
        total: tokens,
        promptTokens: tokens,
        completionTokens: tokens,
        totalTokens: tokens,
        unit: words,
      })
      .nullish(),
    usageDetails: anything,
    costDetails: anything,
    promptName: words,
    promptVersion: z.int().nullish(),
  })
  .refine(({ promptName, promptVersion }) => (promptName == null) === (promptVersion == null), {
    message: 'promptName and promptVersion must be given together',
  });

export type TraceBody = z.infer<typeof trace>;
/** A span's body is a generation's with less in it. */
export type ObservationBody = z.infer<typeof generation>;

const TYPED = ['agent', 'tool', 'chain', 'retriever', 'evaluator', 'embedding', 'guardrail'];

/** What one event of a batch is for. */
export type EventKind =
  | { readonly kind: 'trace' }
  | { readonly kind: 'observation'; readonly type: string }
  | { readonly kind: 'score' }
  | { readonly kind: 'log' };

/** `generation-create` -> an observation of type GENERATION; undefined for a type that this server does not know. */
export function kindOf(type: unknown, body: unknown, old: boolean): EventKind | undefined {
  if (type === 'trace-create') return { kind: 'trace' };
  if (type === 'score-create') return { kind: 'score' };
  if (type === 'sdk-log') return { kind: 'log' };
  if (type === 'event-create') return { kind: 'observation', type: 'EVENT' };
  const [, noun = '', verb] = /^([a-z]+)-(create|update)$/.exec(String(type)) ?? [];
  if (noun === 'span' || noun === 'generation') return { kind: 'observation', type: noun.toUpperCase() };
  if (noun === 'observation') return legacy((body as { type?: unknown } | null)?.type);
  if (TYPED.includes(noun) && verb === 'create' && !old) return { kind: 'observation', type: noun.toUpperCase() };
  return undefined;
}

/** `observation-create` and `-update` name their type in the body. */
function legacy(type: unknown): EventKind | undefined {
  return typeof type === 'string' && ['GENERATION', 'SPAN', 'EVENT'].includes(type)
    ? { kind: 'observation', type }
    : undefined;
}

export const schemas = {
  trace,
  span,
  generation,
  envelope: z.object({ id, type: z.string(), timestamp: time }),
  /** Before 3.138.0 a usage value that is no whole number fails its event. */
  strictUsage: z.object({ usageDetails: z.record(z.string(), z.int().nonnegative()).nullish() }),
} as const;
