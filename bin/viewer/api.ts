import type { Json } from '../../lib/types.ts';
import { Failure } from '../letters/failure.ts';
import type { Board } from './board.ts';
import { saidOf } from './said.ts';

export interface ApiAnswer {
  readonly status: number;
  readonly json: unknown;
}

/** A question to the API: `GET` with its query, `POST` with its JSON body. */
export interface Question {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Json | undefined;
}

type Route = (board: Board, question: Question) => Promise<ApiAnswer>;

const ROUTES: Readonly<Record<string, Route>> = {
  'GET /api/state': async (board) => {
    await board.refresh();
    return ok(board.state());
  },
  'GET /api/trace': async ({ calls }, { query }) => {
    const id = query.get('id') ?? '';
    const found = await calls.trace(id);
    if (found.length === 0) return refused(404, 'There is no such trace (any more).');
    return ok({ calls: found, ...(calls.link && { link: calls.link(id) }) });
  },
  'GET /api/letters': async ({ desk }, { query }) => {
    const from = Number(query.get('from') ?? 0);
    if (!Number.isSafeInteger(from) || from < 0) return refused(400, 'from has to be a whole number.');
    return ok(await desk.letters(query.get('key') ?? '', from));
  },
  'POST /api/replay': async (board, { body }) => {
    const { key } = Object(body) as { key?: unknown };
    if (key !== undefined && (typeof key !== 'string' || key === '')) return refused(400, 'key has to be a text.');
    const outcome = await board.desk.replay(key);
    board.replayed();
    await board.refresh();
    return ok(outcome);
  },
};

/** Answers a question of the page. Never rejects: what goes wrong is an answer with `error`. */
export async function answer(board: Board, question: Question): Promise<ApiAnswer> {
  const name = `${question.method} ${question.path}`;
  const route = Object.hasOwn(ROUTES, name) ? ROUTES[name] : undefined;
  if (!route) return refused(404, 'There is nothing here.');
  try {
    return await route(board, question);
  } catch (error) {
    return refused(error instanceof Failure ? 404 : 502, saidOf(error));
  }
}

function ok(json: unknown): ApiAnswer {
  return { status: 200, json };
}

function refused(status: number, error: string): ApiAnswer {
  return { status, json: { error } };
}
