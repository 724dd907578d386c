import { observationIdOf } from '../identity.ts';
import type { Reading } from '../types.ts';
import { type Dialect, gatewayCall } from './gateway.ts';
import { field, type GatewayLine } from './gateway-line.ts';
import { firstText, present } from './values.ts';

/**
 * Reads the plain record `{trace_id, question, answer, ai_log: {model_name, usage}, response_code, duration}`, known by
 * the two names in its `ai_log`. `undefined` for a line of another kind.
 */
export function readSeed(line: GatewayLine, timeZone: string): Reading | undefined {
  const { model_name: model, usage } = line.ai;
  return present(model) || present(usage) ? gatewayCall(line, SEED, timeZone) : undefined;
}

const SEED: Dialect = {
  name: 'seed',
  observationId: (line) => {
    const { question, answer, model_name: model } = line.ai;
    const { time, timeNs } = line.record;
    const parts = [field(line, 'trace_id'), firstText(question), firstText(answer), firstText(model)];
    // Within a second the same short question may well be asked twice; these tell such calls apart.
    const others = ['request_id', 'start_time', 'duration', 'response_code'].map((name) => field(line, name));
    return observationIdOf([...parts, ...others, time, timeNs]);
  },
};
