import { contentOf, hash32, observationIdOf, traceIdOf } from '../../identity.ts';
import type { JsonObject } from '../../types.ts';
import type { Line } from '../line/line.ts';
import { inside } from '../line/nested.ts';
import { llmApi, withoutQuery } from '../values/path.ts';
import { count, firstText } from '../values/values.ts';

const DEFAULT_NAME = 'ai-gateway';

/** What a Kong log says beside its AI plugins, whatever was called. */
export interface Surroundings {
  readonly traceId: string;
  readonly observationId: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly route: string | undefined;
  readonly consumer: string | undefined;
  readonly status: number | undefined;
  readonly path: string | undefined;
}

/** Reads the request, response, route and consumer of a Kong log. */
export function surroundingsOf(line: Line, log: JsonObject): Surroundings {
  const route = firstText(inside(log, 'route', 'name'));
  const path = firstText(inside(log, 'request', 'uri'));
  const named = ['username', 'custom_id', 'id'].map((name) => inside(log, 'consumer', name));
  return {
    ...idsOf(line, log),
    name: route ?? firstText(inside(log, 'service', 'name'), llmApi(path ?? '')) ?? DEFAULT_NAME,
    tags: route === undefined ? [] : [route],
    route,
    consumer: firstText(...named),
    status: count(inside(log, 'response', 'status')),
    path: path === undefined ? undefined : withoutQuery(path),
  };
}

function idsOf(line: Line, log: JsonObject): { traceId: string; observationId: string } {
  // Before version 3.5 the id stands in the header only.
  const id = firstText(inside(log, 'request', 'id'), inside(log, 'response', 'headers', 'x-kong-request-id'));
  const content = contentOf(line.record);
  return {
    traceId: (id === undefined ? undefined : traceIdOf(id)) ?? hash32(content),
    observationId: observationIdOf(id === undefined ? [content] : [id, firstText(log.started_at)]),
  };
}
