import { expect, it } from 'vitest';
import { ACCEPTED, type Parcel, type Verdict } from '../lib/langfuse/sink.ts';
import { sortAnswer, Trial } from '../lib/trial.ts';
import { callsOf } from './support/calls.ts';

const parcels = callsOf(5).map((call): Parcel => ({ call, body: Buffer.alloc(0), bytes: 0 }));
const busy = (status: number) => ({ kind: 'http', status, message: `HTTP ${status}` }) as const;

it('of an answer for single calls, those accepted are done, those refused have failed, and only the others are sent again', () => {
  const trial = new Trial();
  trial.attempts = 2;
  const verdicts: Verdict[] = [
    ACCEPTED,
    { kind: 'again', failure: busy(429) },
    { kind: 'refused', status: 400, message: 'bad' },
    { kind: 'again', failure: busy(503) },
    ACCEPTED,
  ];
  expect(sortAnswer(parcels, { kind: 'answered', verdicts }, trial)).toEqual({
    refused: [{ call: parcels[2]?.call, rejection: { why: 'refused', status: 400, message: 'bad', attempts: 2 } }],
    again: [parcels[1], parcels[3]],
    failure: busy(429),
  });
});

it('of a failure, all are to be sent again', () => {
  const failure = busy(502);
  expect(sortAnswer(parcels, { kind: 'failed', failure }, new Trial())).toEqual({
    refused: [],
    again: parcels,
    failure,
  });
});
