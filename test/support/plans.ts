import fc from 'fast-check';
import type { PagePlan, Plan, SendPlan } from './plan.ts';

const record = fc.record({
  n: fc.nat(20),
  kind: fc.constantFrom('call', 'call', 'call', 'call', 'skip', 'reject'),
} as const);
const page: fc.Arbitrary<PagePlan> = fc.record({
  kind: fc.oneof(
    { weight: 12, arbitrary: fc.constant('records' as const) },
    { weight: 1, arbitrary: fc.constant('broken' as const) },
    { weight: 1, arbitrary: fc.constant('fails' as const) },
  ),
  records: fc.array(record, { maxLength: 14 }),
  ms: fc.nat(3000),
});
const send: fc.Arbitrary<SendPlan> = fc.record({
  fault: fc.oneof(
    { weight: 8, arbitrary: fc.constant('ok' as const) },
    {
      weight: 6,
      arbitrary: fc.constantFrom('stored-reset', 'reset', 'busy', 'garbled', 'again', 'too-large' as const),
    },
    { weight: 1, arbitrary: fc.constantFrom('keys', 'not-accepted' as const) },
  ),
  ms: fc.oneof(fc.nat(200), fc.nat(20_000)),
}) as fc.Arbitrary<SendPlan>;
/** Pages, faults, refusals and deadlines in any order. */
export const plan: fc.Arbitrary<Plan> = fc
  .record({
    pages: fc.array(page, { maxLength: 8 }),
    sends: fc.array(send, { maxLength: 40 }),
    bad: fc.array(
      fc.tuple(fc.nat(7), fc.nat(20)).map(([page, n]) => page * 1000 + n),
      { maxLength: 12 },
    ),
    named: fc.boolean(),
    mergesLate: fc.boolean(),
    puts: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(fc.boolean(), { maxLength: 6 })),
    pullMs: fc.oneof(fc.constant(250_000), fc.nat(20_000)),
    sendMs: fc.nat(30_000),
  })
  // Sending ends after pulling, as the budget has it.
  .map((p) => ({ ...p, sendMs: p.pullMs + p.sendMs }));
