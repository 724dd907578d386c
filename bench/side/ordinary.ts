import { Langfuse } from 'langfuse';
import { type GatewayLog, gatewayLog } from '../gateway-log.ts';
import { seeded } from '../random.ts';
import type { Langfuse as Project } from '../servers.ts';

export interface OrdinaryOptions {
  readonly langfuse: Project;
  readonly logs: number;
}

export interface OrdinaryResult {
  readonly cpuMs: number;
  readonly ms: number;
}

/** What a team writes first: the SDK's two calls for each record, already parsed, and a flush at the end. */
async function run(langfuse: Langfuse, logs: readonly GatewayLog[]): Promise<void> {
  for (const log of logs) send(langfuse, log);
  await langfuse.flushAsync();
}

function send(langfuse: Langfuse, { fields, ai }: GatewayLog): void {
  const start = Date.parse(fields.start_time ?? '');
  const name = fields.route_name ?? '';
  const trace = langfuse.trace({ id: fields.trace_id ?? '', name, userId: ai.consumer, sessionId: ai.session_id });
  trace.generation({
    id: (fields.request_id ?? '').slice(0, 18).replaceAll('-', ''),
    name,
    model: ai.model,
    input: ai.messages,
    output: ai.answer,
    startTime: new Date(start),
    endTime: new Date(start + Number(fields.duration)),
    completionStartTime: new Date(start + ai.llm_first_token_duration),
    usageDetails: { input: ai.input_token, output: ai.output_token, total: ai.total_token },
    metadata: { path: fields.path, response_flags: fields.response_flags },
  });
}

const { langfuse, logs: count } = JSON.parse(process.argv[2] ?? '{}') as OrdinaryOptions;
const random = seeded(1);
const logs = Array.from({ length: count }, (_, n) => gatewayLog(random, n));
const { host: baseUrl, publicKey, secretKey } = langfuse;
const client = new Langfuse({ publicKey, secretKey, baseUrl });
client.on('error', () => {});
// The SDK writes every timeout to the console.
console.error = () => undefined;
const cpu = process.cpuUsage();
const at = performance.now();
await run(client, logs);
const { user, system } = process.cpuUsage(cpu);
const result: OrdinaryResult = { cpuMs: (user + system) / 1000, ms: performance.now() - at };
// The parent asks the server what it took before this process goes on sending.
process.send?.(result);
