import { parseView } from '../../lib/config.ts';
import { ALL } from '../../lib/formats/all.ts';
import { fromFlat } from '../../lib/record.ts';
import { redactorOf } from '../../lib/redact/redactor.ts';
import type { LlmCall, Reading } from '../../lib/types.ts';
import { type ViewOptions, view } from '../../lib/view/view.ts';
import type { Flat } from '../formats/lines.ts';

export type Settings = Readonly<Record<string, string>>;

/** The view that an environment describes, with its redactor. */
export async function optionsOf(env: Settings = {}): Promise<ViewOptions> {
  const { redaction, ...settings } = parseView(env);
  return { ...settings, readers: ALL, redactor: await redactorOf(redaction) };
}

/** What a record is in the eyes of an operator with this environment. */
export async function seen(flat: Flat, env: Settings = {}): Promise<Reading> {
  return view(fromFlat(flat), await optionsOf(env));
}

export async function seenCall(flat: Flat, env: Settings = {}): Promise<LlmCall> {
  const reading = await seen(flat, env);
  if (reading.kind !== 'call') throw new Error(`expected a call, got ${JSON.stringify(reading)}`);
  return reading.call;
}

/** What is said of an environment that is wrong, a line for each problem. */
export function problemsOf(parse: (env: Settings) => unknown, env: Settings): string[] {
  try {
    parse(env);
  } catch (error) {
    return (error as Error).message.split('\n').slice(1);
  }
  return [];
}
