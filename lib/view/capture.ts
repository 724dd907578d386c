import type { LlmCall } from '../types.ts';

/** Whether what was asked and answered leaves the process: always, never, or only for calls that failed. */
export type Capture = 'true' | 'false' | 'errors-only';

/** Metadata in which a gateway writes parts of what was asked or answered. */
const QUOTING: ReadonlySet<string> = new Set([
  ...['ai_log_raw', 'attribute_raw', 'safecheck_riskWords', 'safecheck_requests', 'response_error'],
  ...['vector_store_request_metadata', 'mcp_tool_call_metadata', 'error_str', 'error_information'],
  // Templates of prompts, and the texts of exceptions.
  ...['gen_ai.prompt_template.template', 'gen_ai.prompt_template.variable', 'logs'],
]);

/** The call without its input and output, and without metadata that quotes them, where they are not to be captured. */
export function captured(call: LlmCall, capture: Capture): LlmCall {
  const { trace, observation } = call;
  if (capture === 'true' || (capture === 'errors-only' && observation.level === 'ERROR')) return call;
  const { input: _input, output: _output, ...bare } = observation;
  const metadata = Object.fromEntries(Object.entries(trace.metadata).filter(([name]) => !QUOTING.has(name)));
  return { ...call, trace: { ...trace, metadata }, observation: bare };
}
