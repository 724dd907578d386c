import { describe, expect, it } from 'vitest';
import { aiLine, callOf, type Flat, line, readFlat, without } from './lines.ts';

const AI_PATHS = [
  ...['/v1/chat/completions', '/v1/completions', '/v1/messages', '/v1/responses', '/v1/embeddings', '/v1/rerank'],
  ...['/openai/responses?api-version=1', '/messages', '/compatible-mode/v1/chat/completions', '/v1/images/generations'],
  ...['/v1beta/models/gemini-2.5-pro:generateContent', '/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse'],
  '/api/v1/services/aigc/text-generation/generation',
];

describe('a line without ai_log', () => {
  it.each(AI_PATHS.flatMap((path) => ['404', '503', '0'].map((code): [string, string] => [path, code])))(
    'on %s with status %s is a failed call',
    (path, code) => {
      const { observation } = callOf(line({ path, response_code: code }));
      expect(observation).toMatchObject({ level: 'ERROR', statusMessage: `HTTP ${code} · via_upstream` });
    },
  );

  it.each([...AI_PATHS.map((path): [string, Flat] => [path, line({ path })])])(
    'on %s with status 200 tells of no call',
    (_path, record) => {
      expect(readFlat(record)).toEqual({ kind: 'skip', reason: 'non_ai' });
    },
  );

  it.each<[string, Flat]>([
    ['the list of models', { method: 'GET', path: '/v1/models', response_code: '401' }],
    ['a page', { method: 'GET', path: '/login', response_code: '500' }],
    ['a preflight', { method: 'OPTIONS', response_code: '403' }],
    ['a TCP connection', { method: '-', path: '-', response_code: '0' }],
    ['a page that has the API in its query', { path: '/search?next=/v1/chat/completions', response_code: '500' }],
    ['an OTel or LiteLLM record', { path: '-', model: 'm', messages: '[]', traceID: 'a', spanID: 'b' }],
  ])('that is %s is no call', (_what, over) => {
    expect(readFlat(line(over))).toEqual({ kind: 'skip', reason: 'non_ai' });
  });
});

describe('the type of an observation', () => {
  it.each([
    ['/v1/embeddings', 'embedding'],
    ['/v1beta/models/e:embedContent', 'embedding'],
    ['/v1/rerank', 'retriever'],
    ['/compatible-api/v1/reranks', 'retriever'],
    ['/api/v1/services/embeddings/text-embedding/text-embedding', 'embedding'],
    ['/api/v1/services/rerank/text-rerank/text-rerank', 'retriever'],
    ['/v1/chat/completions', 'generation'],
    ['-', 'generation'],
  ])('on %s is %s', (path, type) => {
    expect(callOf(aiLine({ model: 'm' }, { path })).observation.type).toBe(type);
  });
});

describe('what is no call in spite of an ai_log', () => {
  it.each<[string, Flat, string]>([
    ['an empty one', aiLine('{}', { method: 'GET', path: '/healthz' }), 'non_ai'],
    ['a dash', aiLine('-', { method: 'GET', path: '/x' }), 'non_ai'],
    ['null', aiLine('null'), 'non_ai'],
    ['a dash between quotes', aiLine('"-"'), 'non_ai'],
    ['an empty object between quotes', aiLine('"{}"'), 'non_ai'],
    ['the list of models', aiLine({ api: 'a@b', model: 'unknown' }, { method: 'GET', path: '/v1/models' }), 'non_ai'],
    ['a hint on a path of no LLM API', aiLine({ response_type: 'normal' }, { path: '/orders' }), 'non_ai'],
    ['an MCP server', aiLine({ mcp_server_name: 'orders' }, { path: '/mcp' }), 'mcp'],
    ['an MCP tool', aiLine({ mcp_tool_name: 'track', question: 'x' }), 'mcp'],
    ['an MCP agent log', aiLine({ api_type: 'MCP', question: 'x' }), 'mcp'],
  ])('%s', (_what, record, reason) => {
    expect(readFlat(record)).toEqual({ kind: 'skip', reason });
  });
});

const LEVELS: [claim: string, record: Flat, level: string, statusMessage: string | undefined, tags: string[]][] = [
  ['a success says nothing', aiLine({ model: 'm' }), 'DEFAULT', undefined, ['higress', 'chat']],
  [
    'a cache hit is a success with a tag',
    aiLine({ cache_status: 'hit', answer: 'hi' }, { response_code_details: 'ai-cache.hit' }),
    'DEFAULT',
    undefined,
    ['higress', 'chat', 'cache:hit'],
  ],
  [
    'a rate limit is an error',
    aiLine(
      { token_ratelimit_status: 'limited' },
      { response_code: '429', response_code_details: 'ai-token-ratelimit.limited' },
    ),
    'ERROR',
    'HTTP 429 · ai-token-ratelimit.limited',
    ['higress', 'chat'],
  ],
  [
    'a status of 0 is an error',
    aiLine({ question: 'hi' }, { response_code: '0', response_code_details: '-', response_flags: 'DC' }),
    'ERROR',
    'HTTP 0 · DC',
    ['higress', 'chat'],
  ],
  [
    'an error tells flags, details and the reason of the transport',
    line({
      response_code: '503',
      response_flags: 'UF',
      upstream_transport_failure_reason: 'delayed connect error: 111',
    }),
    'ERROR',
    'HTTP 503 · UF · via_upstream · delayed connect error: 111',
    ['higress', 'chat'],
  ],
  [
    'a client that left is a warning',
    aiLine({ answer: 'half' }, { response_flags: 'UT,DC', response_code_details: 'downstream_remote_disconnect' }),
    'WARNING',
    'HTTP 200 · UT,DC · downstream_remote_disconnect',
    ['higress', 'chat'],
  ],
  [
    'the first of two attempts is a warning, whatever its status',
    aiLine({ question: 'hi' }, { response_code: '0', response_code_details: 'internal_redirect' }),
    'WARNING',
    'HTTP 0 · internal_redirect',
    ['higress', 'chat', 'fallback'],
  ],
  ...['request deny', 'response deny', 'reqeust deny'].map((status): [string, Flat, string, string, string[]] => [
    `a safety check that says ${status} is a warning`,
    aiLine({ safecheck_status: status, question: 'x' }),
    'WARNING',
    `HTTP 200 · via_upstream · safety check: ${status}`,
    ['higress', 'chat'],
  ]),
  [
    'a safety check that passed is none',
    aiLine({ safecheck_status: 'request pass', question: 'x' }),
    'DEFAULT',
    undefined,
    ['higress', 'chat'],
  ],
];

describe('the level of a call', () => {
  it.each(LEVELS)('%s', (_claim, record, level, statusMessage, tags) => {
    const { trace, observation } = callOf(record);
    expect([observation.level, observation.statusMessage, trace.tags]).toEqual([level, statusMessage, tags]);
  });
});

describe('a fallback', () => {
  it('is two observations in one trace', () => {
    const first = callOf(
      aiLine({ question: 'hi' }, { response_code: '503', response_code_details: 'internal_redirect:via_upstream' }),
    );
    const last = callOf(aiLine({ question: 'hi', answer: 'hey', model: 'm', fallback_from: 'chat' }));
    expect(last.trace.id).toBe(first.trace.id);
    expect(last.observation.id).not.toBe(first.observation.id);
    expect([first.observation.level, last.observation.level]).toEqual(['WARNING', 'DEFAULT']);
    expect([first, last].map(({ trace }) => trace.tags.includes('fallback'))).toEqual([true, true]);
    expect(last.trace.metadata.fallback_from).toBe('chat');
  });
});

describe('a time that nginx wrote', () => {
  it('is that of the end', () => {
    const flat = without(aiLine({ model: 'm' }, { time_iso8601: '2026-11-21T07:00:02+00:00' }), 'start_time');
    const { startTime, endTime } = callOf(flat).observation;
    expect([startTime, endTime]).toEqual([Date.UTC(2026, 10, 21, 7), Date.UTC(2026, 10, 21, 7, 0, 2)]);
  });
});
