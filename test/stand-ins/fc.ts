import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FcContext } from '../../lib/context.ts';
import type { Credentials } from '../../lib/types.ts';

const WORKER = fileURLToPath(new URL('./fc-worker.cjs', import.meta.url));

/** Function Compute's error object, as the body of a failed invocation shows it. */
export interface FcError {
  readonly errorMessage: string;
  readonly errorType: string;
  readonly stackTrace: readonly string[];
}

export type Invocation =
  | { readonly ok: true; readonly requestId: string; readonly result: string }
  | { readonly ok: false; readonly requestId: string; readonly error: FcError };

export interface FcOptions {
  /** Path of the built file, and the name it exports the handler by. */
  readonly bundle: string;
  readonly handler: string;
  readonly env: Readonly<Record<string, string>>;
  readonly credentials: Credentials;
  readonly region?: string;
  /** Seconds. */
  readonly timeout?: number;
  /** Gets what the function prints. */
  readonly onOutput?: (text: string) => void;
}

/**
 * An instance of a function as Function Compute runs it: a process that has the function's environment, gets one event
 * at a time as a Buffer with the documented context, is used again for the next one, and is killed at the timeout.
 */
export class FcInstance {
  readonly #options: FcOptions;
  #process: ChildProcess | undefined;
  #busy: Promise<unknown> = Promise.resolve();

  constructor(options: FcOptions) {
    this.#options = options;
  }

  /** Invokes the function; a throw, a timeout and a crash are answers, as they are in Function Compute. */
  invoke(event: string | Uint8Array): Promise<Invocation> {
    const turn = this.#busy.then(() => this.#run(Buffer.from(event)));
    this.#busy = turn;
    return turn;
  }

  /** Kills the process at once; what is running ends as a crash. */
  kill(): void {
    this.#process?.kill('SIGKILL');
  }

  async close(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async #run(event: Buffer): Promise<Invocation> {
    const child = await this.#instance();
    const context = this.#context();
    const { requestId } = context;
    const { timeout } = context.function;
    return new Promise((resolve) => {
      const settle = (outcome: { result: string } | { error: FcError }) => {
        clearTimeout(timer);
        child.removeAllListeners('message');
        child.removeAllListeners('exit');
        resolve('result' in outcome ? { ok: true, requestId, ...outcome } : { ok: false, requestId, ...outcome });
      };
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        settle({ error: platformError('FunctionTimeout', `Function timed out after ${timeout} seconds`) });
      }, timeout * 1000);
      child.once('message', (message) => settle(message as { result: string } | { error: FcError }));
      child.once('exit', (code, signal) => {
        settle({ error: platformError('ProcessExit', `Process exited unexpectedly (${signal ?? `code ${code}`})`) });
      });
      child.send({ event: event.toString('base64'), context });
    });
  }

  async #instance(): Promise<ChildProcess> {
    const running = this.#process;
    if (running?.connected && running.exitCode === null && !running.killed) return running;
    const { bundle, handler, env, onOutput } = this.#options;
    const child = fork(WORKER, [bundle, handler], { env: { ...env }, execArgv: [], silent: true });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text) => onOutput?.(text));
    const gone = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`The function's process ended before it was ready (${signal ?? `code ${code}`})`);
    });
    // It ends some time, and nobody asks then.
    gone.catch(() => undefined);
    await Promise.race([once(child, 'message'), gone]);
    return child;
  }

  #context(): FcContext {
    const { credentials, region = 'cn-hangzhou', timeout = 300, handler } = this.#options;
    return {
      requestId: randomUUID(),
      region,
      accountId: '1000000000000000',
      credentials,
      function: { name: 'sls-langfuse-ship', handler: `ship.${handler}`, memory: 512, timeout },
    };
  }
}

function platformError(errorType: string, errorMessage: string): FcError {
  return { errorMessage, errorType, stackTrace: [] };
}
