import fc from 'fast-check';
import type { RecordKind } from '../records.ts';

/** What one request to Langfuse meets. Of `stored-*` Langfuse has the calls, and the answer is lost. */
export type SendFault =
  | 'ok'
  | 'reset'
  | 'timeout'
  | 'down'
  | 'busy'
  | 'come-back'
  | 'page'
  | 'partial'
  | 'too-large'
  | 'keys'
  | 'stored-reset'
  | 'stored-timeout'
  | 'stored-down'
  | 'stored-page';
/** What one operation on OSS meets: it fails, or it is done and its answer is lost. */
export type OssFault = 'ok' | 'fails' | 'lost';
export type PullFault = 'ok' | 'fails' | 'broken';

export interface Step {
  readonly action: 'offer' | 'replay' | 'offer beside replay' | 'two replays';
  /** The process dies at the so-manieth thing that it waits for, before or after that was done; never if it is 0. */
  readonly diesAt: number;
  readonly diesAfter: boolean;
  /** Groups in one page at most. */
  readonly pageSize: number;
  /** How many more groups the shard has by then. */
  readonly more: number;
  readonly pullMs: number;
}

/** A life of a shard: what its logs are, what is done, and what goes wrong meanwhile. */
export interface LifePlan {
  readonly groups: readonly (readonly { readonly kind: RecordKind; readonly bad: 'no' | 'yes' | 'until healed' }[])[];
  readonly steps: readonly Step[];
  readonly sends: readonly { readonly fault: SendFault; readonly ms: number }[];
  readonly lookups: readonly boolean[];
  readonly routes: readonly boolean[];
  readonly oss: readonly OssFault[];
  readonly pulls: readonly PullFault[];
  readonly mergesLate: boolean;
  /** Milliseconds until Langfuse shows what it stored. */
  readonly visibleMs: number;
  /** Whether a bad call is named, or takes its whole request along. */
  readonly named: boolean;
  readonly checkpoint: boolean;
  readonly retryOutage: boolean;
  readonly maxReplays: number;
  /** The share of a letter's range that the logstore no longer holds before the last replays: 0 to 1. */
  readonly expired: number;
}

/** So many faults of one kind in a row: an outage, keys that are wrong for a while. */
function runs<T>(fault: fc.Arbitrary<T>, longest: number, maxLength: number): fc.Arbitrary<T[]> {
  const run = fc.tuple(fault, fc.integer({ min: 1, max: longest }));
  return fc.array(run, { maxLength }).map((all) => all.flatMap(([one, times]) => Array<T>(times).fill(one)));
}

function seldom<T>(usual: T, weight: number, ...others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
}

const record = fc.record({
  kind: fc.constantFrom<RecordKind>(...Array<RecordKind>(12).fill('call'), 'skip', 'reject'),
  bad: seldom('no', 12, 'yes', 'until healed'),
}) as fc.Arbitrary<LifePlan['groups'][number][number]>;

const step: fc.Arbitrary<Step> = fc.record({
  action: fc.constantFrom('offer', 'offer', 'offer', 'replay', 'offer beside replay', 'two replays'),
  diesAt: fc.oneof(fc.constant(0), fc.nat(60)),
  diesAfter: fc.boolean(),
  pageSize: fc.integer({ min: 1, max: 4 }),
  more: fc.integer({ min: 0, max: 14 }),
  pullMs: fc.oneof(fc.constant(250_000), fc.nat(20_000), fc.nat(300)),
});

const send = fc.record({
  fault: fc.oneof(
    { weight: 4, arbitrary: fc.constant<SendFault>('ok') },
    {
      weight: 4,
      arbitrary: fc.constantFrom<SendFault>(
        ...(['reset', 'timeout', 'down', 'busy', 'come-back', 'page', 'partial', 'too-large', 'keys'] as const),
        ...(['stored-reset', 'stored-timeout', 'stored-down', 'stored-page'] as const),
      ),
    },
  ),
  ms: fc.oneof(fc.nat(200), fc.nat(20_000)),
});

const quietly = <T>(faults: fc.Arbitrary<T[]>) => fc.oneof(fc.constant<T[]>([]), faults);

/** Lives in which anything may go wrong at any time, until it is healed at the end. */
export const life: fc.Arbitrary<LifePlan> = fc.record({
  groups: fc.array(fc.array(record, { maxLength: 5 }), { minLength: 1, maxLength: 30, size: 'max' }),
  steps: fc.array(step, { minLength: 1, maxLength: 8 }),
  sends: quietly(runs(send, 20, 14)),
  lookups: quietly(fc.array(seldom(true, 3, false), { maxLength: 20 })),
  routes: quietly(fc.array(seldom(true, 3, false), { maxLength: 8 })),
  oss: quietly(runs(seldom<OssFault>('ok', 2, 'fails', 'lost'), 3, 16)),
  pulls: quietly(fc.array(seldom<PullFault>('ok', 3, 'fails', 'broken'), { maxLength: 20 })),
  mergesLate: fc.boolean(),
  visibleMs: fc.oneof(fc.constant(0), fc.nat(8000)),
  named: fc.boolean(),
  checkpoint: fc.boolean(),
  retryOutage: fc.boolean(),
  maxReplays: fc.constantFrom(2, 12),
  expired: fc.constantFrom(0, 0, 0.25, 0.5, 0.75, 1),
});
