import { observationIdOf } from '../identity.ts';
import type { Found } from './draft.ts';
import { gatewayCall } from './gateway/call.ts';
import type { BodiesReader } from './gateway/content.ts';
import type { Line } from './line/line.ts';
import type { ReadOptions } from './options.ts';
import { firstText, present } from './values/values.ts';

/**
 * Reads the plain record `{trace_id, question, answer, ai_log: {model_name, usage}, response_code, duration}`, known by
 * the two names in its `ai_log`. `undefined` for a line of another kind.
 */
export function readSeed(line: Line, { timeZone }: ReadOptions, bodiesOf: BodiesReader): Found | undefined {
  const { model_name: model, usage } = line.ai;
  if (!present(model) && !present(usage)) return undefined;
  return gatewayCall(line, observationIdOfLine(line), timeZone, bodiesOf(line));
}

function observationIdOfLine(line: Line): string {
  const { question, answer, model_name: model } = line.ai;
  const { time, timeNs } = line.record;
  const parts = [line.text('trace_id'), firstText(question), firstText(answer), firstText(model)];
  // Within a second the same short question may well be asked twice; these tell such calls apart.
  const others = ['request_id', 'start_time', 'duration', 'response_code'].map((name) => line.text(name));
  return observationIdOf([...parts, ...others, time, timeNs]);
}
