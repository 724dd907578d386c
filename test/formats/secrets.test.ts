import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../lib/types.ts';
import { aiLine, callOf, type Flat, line } from './lines.ts';

const KEY = 'sekrit0123456789abcdef';
const HEADERS: { [name: string]: Json } = {
  authorization: `Bearer ${KEY}`,
  'Proxy-Authorization': `Basic ${KEY}`,
  cookie: `sid=${KEY}`,
  'set-cookie': [`sid=${KEY}`],
  'x-api-key': KEY,
  'api-key': KEY,
  apikey: KEY,
  'x-goog-api-key': KEY,
  'Ocp-Apim-Subscription-Key': KEY,
  'x-acs-security-token': KEY,
  'x-auth-token': KEY,
  'private-token': KEY,
  'x-ca-signature': KEY,
  referer: `https://a.test/?token=${KEY}`,
  ':path': `/v1/chat/completions?key=${KEY}`,
  'x-forwarded-uri': `/v1/chat/completions?x=${KEY}`,
  'user-agent': 'curl/8',
};
const AI_LOG = JSON.stringify({ model: 'm', question: 'q' });

const RECORDS: [where: string, record: Flat][] = [
  ...Object.entries(HEADERS)
    .slice(0, -1)
    .map(([name, value]): [string, Flat] => [`a field ${name}`, aiLine(AI_LOG, { [name]: value })]),
  ['headers as an object', aiLine(AI_LOG, { request_headers: HEADERS })],
  ['headers as JSON text', aiLine(AI_LOG, { request_headers: JSON.stringify(HEADERS) })],
  ['headers as JSON text in JSON text', aiLine(AI_LOG, { request_headers: JSON.stringify(JSON.stringify(HEADERS)) })],
  ['headers that are cut', aiLine(AI_LOG, { request_headers: JSON.stringify(HEADERS).slice(0, -4) })],
  ['headers as pairs', aiLine(AI_LOG, { request_headers: Object.entries(HEADERS) })],
  ['headers as a flat list', aiLine(AI_LOG, { response_headers: Object.entries(HEADERS).flat() })],
  [
    'headers as names and values',
    aiLine(AI_LOG, { request_headers: Object.entries(HEADERS).map(([name, value]) => ({ name, value })) }),
  ],
  ['headers within another field', aiLine(AI_LOG, { request: JSON.stringify({ a: [{ headers: HEADERS }] }) })],
  ['headers as text within another field', aiLine(AI_LOG, { extra: { note: JSON.stringify({ headers: HEADERS }) } })],
  ['JSON text that names it twice', aiLine(AI_LOG, { extra: `{"token":"Bearer ${KEY}","n":"Bearer ${KEY}","n":1}` })],
  ['JSON text of which a name stands twice', aiLine(AI_LOG, { extra: `{"note":"Bearer ${KEY}","note":"none"}` })],
  ['an attribute of ai_log', aiLine({ model: 'm', question: 'q', headers: HEADERS, authorization: `Bearer ${KEY}` })],
  ['a damaged ai_log', aiLine(`${JSON.stringify({ model: 'm', ...HEADERS, question: 'q' })}x`)],
  ['a cut and escaped ai_log', aiLine(JSON.stringify(JSON.stringify({ model: 'm', ...HEADERS, x: 1 })).slice(1, -8))],
  ['a damaged line', { content: `${JSON.stringify({ ...line(HEADERS), ai_log: AI_LOG })}x`, __time__: '1795244402' }],
  ['a query', aiLine(AI_LOG, { path: `/v1/chat/completions?api-version=1&key=${KEY}#${KEY}` })],
  ['the first line of a request', aiLine(AI_LOG, { request: `POST /v1/x?a=1&access_token=${KEY} HTTP/1.1` })],
  ['a body without messages', aiLine({ model: 'm' }, { request_body: JSON.stringify({ q: 1, api_key: KEY }) })],
  ['a name of the call', line({ path: `/v1/chat/completions?key=${KEY}`, response_code: '500', route_name: '-' })],
  ['a tag of the record', aiLine(AI_LOG, { '__tag__:access_key_id': KEY })],
];

describe('a secret', () => {
  it.each(RECORDS)('in %s does not come out', (_where, record) => {
    expect(JSON.stringify(record)).toContain(KEY);
    expect(JSON.stringify(callOf(record))).not.toContain(KEY);
  });

  it('takes nothing along that is none', () => {
    const { trace } = callOf(
      aiLine(
        {
          model: 'm',
          token_ratelimit_status: 'ok',
          max_token: 5,
          note: '{"a": "b?c=d"}',
          risk: [{ name: 'n', value: 'v' }],
        },
        { request_headers: JSON.stringify(HEADERS), path: '/v1/chat/completions?key=x' },
      ),
    );
    expect(trace.metadata).toMatchObject({
      token_ratelimit_status: 'ok',
      max_token: 5,
      note: '{"a": "b?c=d"}',
      risk: [{ name: 'n', value: 'v' }],
      request_headers: { 'user-agent': 'curl/8', ':path': '/v1/chat/completions' },
      path: '/v1/chat/completions',
    });
  });

  it.each(['request_headers', 'header_map'])(
    'does not keep the other headers of %s from being shown as such',
    (name) => {
      const text = JSON.stringify({ accept: 'text/plain' });
      expect(callOf(aiLine(AI_LOG, { [name]: text })).trace.metadata).toMatchObject({
        [name]: { accept: 'text/plain' },
      });
    },
  );

  it('that has a name of its own comes out of no nesting', () => {
    const secret = fc.constantFrom(...Object.keys(HEADERS).slice(0, 13)).map((name) => ({ [name]: KEY }));
    const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6 },
        secret as fc.Arbitrary<Json>,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', 'headers', 'name', 'value'), tie('tree'), { maxKeys: 3 }),
        tie('tree').map((value) => JSON.stringify(value)),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        expect(JSON.stringify(callOf(aiLine({ model: 'm', extra: value }, { more: value })))).not.toContain(KEY);
      }),
    );
  });
});
