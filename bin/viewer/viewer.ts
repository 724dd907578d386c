import type { Receipt } from '../../lib/types.ts';
import type { Invocation } from '../../test/stand-ins/fc.ts';
import { openMailbox } from '../letters/settings.ts';
import { openFunction, type Stage } from '../stage.ts';
import { traceLinks } from '../trace-links.ts';
import { Board } from './board.ts';
import type { CallSource } from './call.ts';
import { closedDesk, type LetterDesk, openDesk } from './desk.ts';
import { langfuseCalls, type Window } from './langfuse-calls.ts';
import { replayer } from './replay.ts';
import { saidOf } from './said.ts';
import { serve } from './server.ts';
import { standInCalls } from './stand-in-calls.ts';

/** The page beside a run on a stage. */
export interface Viewer {
  readonly url: string;
  /** Shows what an invocation came to. */
  add(invocation: Invocation, shard?: number): void;
  /** Says that there will be no more invocations. */
  finish(): void;
  close(): Promise<void>;
}

/** Seconds. */
const REPLAY_TIMEOUT = 540;
/** How often a bucket that is no stand-in is listed while somebody is looking. */
const BUCKET_MS = 15_000;
const LANGFUSE_TIMEOUT_MS = 10_000;

/** Opens the page of a stage. `window`: the time whose calls are read back from a Langfuse that is no stand-in. */
export async function openViewer(stage: Stage, window: Window, port = 0): Promise<Viewer> {
  const board = new Board(await callsOf(stage, window), deskOf(stage));
  const { url, close } = await serve(board, port);
  return {
    url,
    close,
    add: (invocation, shard) =>
      board.add({ at: Date.now(), ...(shard !== undefined && { shard }), ...entryOf(invocation) }),
    finish: () => board.finish(),
  };
}

function entryOf(invocation: Invocation) {
  const { requestId } = invocation;
  if (invocation.ok) return { requestId, receipt: JSON.parse(invocation.result) as Receipt };
  const { errorType: type, errorMessage: message } = invocation.error;
  return { requestId, error: { type, message } };
}

async function callsOf({ env, langfuse }: Stage, window: Window): Promise<CallSource> {
  if (langfuse) return standInCalls(langfuse);
  const host = (env.LANGFUSE_HOST ?? env.LANGFUSE_BASE_URL ?? '').replace(/\/+$/, '');
  const { LANGFUSE_PUBLIC_KEY: publicKey, LANGFUSE_SECRET_KEY: secretKey } = env;
  if (!URL.canParse(host) || !publicKey || !secretKey) {
    return unreadable('Set LANGFUSE_HOST, LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY: one of them is missing.');
  }
  const access = { host, publicKey, secretKey, timeoutMs: LANGFUSE_TIMEOUT_MS };
  return langfuseCalls(access, window, await traceLinks({ ...env, LANGFUSE_HOST: host }));
}

function unreadable(reason: string): CallSource {
  const refuse = () => Promise.reject(new Error(reason));
  return { place: 'Langfuse', mark: () => '', calls: refuse, trace: refuse };
}

function deskOf(stage: Stage): LetterDesk {
  try {
    return openDesk({
      mailbox: openMailbox(mailboxEnv(stage)),
      mark: () => markOf(stage),
      replay: replayer(() => openFunction(stage, REPLAY_TIMEOUT, 'replay')),
    });
  } catch (error) {
    return closedDesk(saidOf(error));
  }
}

function mailboxEnv({ env, region, credentials }: Stage): Record<string, string> {
  const { accessKeyId, accessKeySecret, securityToken } = credentials;
  return {
    ...env,
    REGION: region,
    ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret,
    ...(securityToken && { ALIBABA_CLOUD_SECURITY_TOKEN: securityToken }),
  };
}

function markOf({ oss }: Stage): string {
  if (!oss) return `${Math.floor(Date.now() / BUCKET_MS)}`;
  return [...oss.objects].map(([key, { etag }]) => `${key} ${etag}`).join('\n');
}
