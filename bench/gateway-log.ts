import { prose } from './prose.ts';
import { between, hex, pick, type Random } from './random.ts';

/** What a gateway's AI plugin writes of a call; the keys are sorted, as Go marshals them. */
export interface AiLog {
  readonly answer: string;
  readonly messages: readonly { readonly content: string; readonly role: string }[];
  readonly model: string;
  readonly input_token: number;
  readonly output_token: number;
  readonly total_token: number;
  readonly llm_first_token_duration: number;
  readonly consumer: string;
  readonly session_id: string;
  readonly [key: string]: unknown;
}

/** One access log line of an AI gateway: 30 fields, 2 to 4 KB. */
export interface GatewayLog {
  readonly fields: Readonly<Record<string, string>>;
  readonly ai: AiLog;
  /** Unix seconds. */
  readonly time: number;
}

const MODELS = ['qwen-max', 'qwen-plus', 'deepseek-v3', 'qwen-turbo', 'gpt-4o-mini'] as const;
const ROUTES = ['ai-route-chat', 'ai-route-agents', 'ai-route-batch'] as const;
const FIRST_MS = Date.UTC(2026, 10, 21, 7);

/** The `n`th log; a third of them, and so a third of the calls, are in Chinese. One in fifty failed. */
export function gatewayLog(random: Random, n: number): GatewayLog {
  const duration = between(random, 400, 9_000);
  const startMs = FIRST_MS + n * 7;
  const failed = random() < 0.02;
  const route = pick(random, ROUTES);
  const ai = aiLog(random, n % 3 === 0, duration, route);
  const fields = {
    ...address(random, between(random, 300, 1_500)),
    ai_log: JSON.stringify(ai),
    ...request(random, route, duration, failed),
    start_time: new Date(startMs).toISOString(),
    ...upstream(random, duration),
  };
  return { fields, ai, time: Math.floor((startMs + duration) / 1000) };
}

function aiLog(random: Random, chinese: boolean, duration: number, route: string): AiLog {
  const question = prose(random, chinese, between(random, 120, 500));
  const [input, output] = [between(random, 40, 700), between(random, 40, 500)];
  const model = pick(random, MODELS);
  return {
    answer: prose(random, chinese, between(random, 300, 900)),
    api: `${model}@${route}`,
    api_type: 'LLM',
    chat_id: `chatcmpl-${hex(random, 24)}`,
    chat_round: between(random, 1, 4),
    consumer: `team-${between(random, 1, 40)}`,
    input_token: input,
    input_token_details: { cached_tokens: between(random, 0, 30) },
    llm_first_token_duration: Math.floor(duration / 5),
    llm_service_duration: duration - 12,
    messages: [
      { content: prose(random, chinese, 90), role: 'system' },
      { content: question, role: 'user' },
    ],
    model,
    output_token: output,
    question,
    response_type: 'stream',
    session_id: `sess-${between(random, 1, 5_000)}`,
    total_token: input + output,
    user_id: `u-${between(random, 1, 900)}`,
  };
}

function address(random: Random, bytes: number): Record<string, string> {
  return {
    authority: 'ai.shop.example.com',
    bytes_received: String(bytes),
    bytes_sent: String(bytes * 2),
    downstream_local_address: '10.2.0.9:443',
    downstream_remote_address: `10.2.${between(random, 0, 255)}.${between(random, 1, 254)}:${between(random, 30_000, 60_000)}`,
    downstream_transport_failure_reason: '-',
    requested_server_name: 'ai.shop.example.com',
  };
}

function request(random: Random, route: string, duration: number, failed: boolean): Record<string, string> {
  const id = hex(random, 32);
  return {
    duration: String(duration),
    istio_policy_status: '-',
    method: 'POST',
    path: '/compatible-mode/v1/chat/completions',
    protocol: 'HTTP/1.1',
    request_duration: '3',
    request_id: id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    response_code: failed ? '429' : '200',
    response_code_details: 'via_upstream',
    response_flags: '-',
    response_tx_duration: String(Math.floor(duration / 3)),
    route_name: route,
    trace_id: hex(random, 32),
    user_agent: 'OpenAI/Python 1.99.1',
    x_forwarded_for: `203.0.113.${between(random, 1, 254)}`,
  };
}

function upstream(random: Random, duration: number): Record<string, string> {
  return {
    upstream_cluster: 'outbound|443||llm-qwen.internal.dns',
    upstream_host: `10.9.0.${between(random, 1, 254)}:443`,
    upstream_local_address: `10.2.0.9:${between(random, 30_000, 60_000)}`,
    upstream_protocol: 'HTTP/1.1',
    upstream_service_time: String(duration - 9),
    upstream_transport_failure_reason: '-',
  };
}
