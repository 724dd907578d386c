import { type Exchange, exchange, type LangfuseAccess } from './exchange.ts';
import type { Failure } from './sink.ts';

/** What is known of the server behind `LANGFUSE_HOST`. */
export interface LangfuseServer {
  readonly version?: string;
  /** Takes OTLP (3.22.0 and later). */
  readonly otlp: boolean;
  /** Knows types of observations beside spans and generations: 3.225.4 does, 3.0.0 does not; from when on is inferred. */
  readonly typed: boolean;
  /** Shows a call that was sent twice as two until it merges them, which may be never (4 and Cloud). */
  readonly mergesLate: boolean;
}

const HEALTH_MS = 5_000;

/**
 * Asks `GET /api/public/health` for the version. A server that answers something else is taken to be a current 3.x; one
 * that does not answer, or has a proxy answer that it is down, is a failure: nothing could be delivered to it either,
 * and the answer is remembered.
 */
export async function inspectServer(access: LangfuseAccess, signal: AbortSignal): Promise<LangfuseServer | Failure> {
  const cloud = /(?:^|\.)cloud\.langfuse\.com$/.test(new URL(access.host).hostname);
  if (cloud) return { otlp: true, typed: true, mergesLate: true };
  const timeoutMs = Math.min(HEALTH_MS, access.timeoutMs);
  const answer = await exchange(access, 'GET', '/api/public/health', signal, { timeoutMs });
  return answer.kind === 'failed' ? answer.failure : described(answer);
}

function described({ status, json, message, retryAfter }: Exchange & { kind: 'answer' }): LangfuseServer | Failure {
  const version = typeof json?.version === 'string' ? json.version : undefined;
  if (version === undefined && (status >= 500 || status === 429))
    return { kind: 'http', status, message, ...retryAfter };
  const [major = 3, minor = 22] = (version ?? '').match(/\d+/g)?.map(Number) ?? [];
  const otlp = major > 3 || (major === 3 && minor >= 22);
  const typed = major > 3 || (major === 3 && minor >= 138);
  return { ...(version !== undefined && { version }), otlp, typed, mergesLate: major >= 4 };
}
