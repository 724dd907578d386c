import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseRecords } from '../../bin/records.ts';
import { parseView } from '../../lib/config.ts';
import { ALL } from '../../lib/formats/all.ts';
import { asText } from '../../lib/record.ts';
import { redactorOf } from '../../lib/redact/redactor.ts';
import type { Json, JsonObject, Reading } from '../../lib/types.ts';
import { view } from '../../lib/view/view.ts';

// Nothing here ever writes a call file: `golden/README.md` says how to, and that what it says is to be read first.

const FOLDER = join(import.meta.dirname, 'golden');

/** What each pair of files in `golden` is there to show. */
const CLAIMS: readonly (readonly [name: string, claim: string])[] = [
  ['higress-v0', 'a line of the first plugin version has its model and tokens at the top'],
  ['higress-v1-stream', 'counts that are texts are counts, and the stream began after its first-token duration'],
  ['higress-v1-answer-at-once', 'without a first-token duration nothing says when an answer began'],
  ['higress-v1-parts-question', 'an unescaped list as question is read, with a warning and the raw text kept'],
  ['higress-console-text', 'the console’s rendering of an ai_log is the record it shows'],
  ['higress-session', 'a session id makes a session'],
  ['higress-tool-call', 'an answer of reasoning and a tool call is a message without content'],
  ['higress-tool-call-english', 'the same in English reads the same'],
  ['higress-token-details', 'details that are JSON text within JSON text give buckets that do not overlap'],
  ['higress-decoded', 'an ai_log that is an object already is read, its nulls are absent'],
  ['higress-decoded-tool-call', 'a null answer with a tool call is a message of that call'],
  ['higress-decoded-bare', 'the keys of an ai_log at the top of the record are read as one'],
  ['higress-bodies-of-no-llm', 'logged bodies of another API are no LLM call'],
  ['higress-agent-tool-call', 'a line of an agent log is a call at its timestamp, named after its API'],
  ['higress-agent-tool-result', 'a tool’s result is the input where the question is empty'],
  ['higress-agent-thanks', 'empty reasoning and tool calls leave a bare answer'],
  ['higress-agent-reasoning', 'reasoning without tool calls makes the answer a message'],
  ['higress-agent-cached', 'cached tokens are taken out of the input'],
  ['higress-agent-cached-second-round', 'the next round of that session is a call of its own'],
  ['ai-gateway-commercial', 'a line with all the commercial fields shows none of its content twice'],
  ['ai-gateway-nginx-ingress', 'a line in the format of NGINX Ingress ends at its log’s time'],
  ['higress-fallback', 'both attempts of a fallback are calls of one trace, the first a warning'],
  ['higress-cache-hit', 'an answer from the cache is tagged so and costs no tokens'],
  ['higress-rate-limited', 'a request over the token limit is an error without an answer'],
  ['higress-safety-deny', 'a request that the safety check denied is a warning, however the plugin spells it'],
  ['higress-mcp', 'a call of an MCP tool is left out'],
  ['higress-mcp-included', 'a call of an MCP tool is shown as that tool where it is asked for'],
  ['higress-truncated', 'truncated content is shown as it is, with a warning'],
  ['higress-containerd', 'a line behind the prefix of a container runtime is read, a short trace id padded'],
  ['higress-failed-without-ai-log', 'a failed request of an LLM’s path is an error that says why'],
  ['seed', 'the seed record has a total of tokens alone and a hashed trace id'],
  ['istio-tcp', 'a TCP line of a service mesh is no LLM call'],
  ['istio-http', 'an HTTP line of a service mesh is no LLM call'],
  ['litellm', 'a payload of LiteLLM without keys is a call with its cost'],
  ['litellm-proxy', 'a payload of the proxy has its names, tools, caches and parts of the cost'],
  ['litellm-failure', 'a failure of LiteLLM is an error with its class and message, and without an output'],
  ['litellm-spend-logs', 'a row of the spend table is a call without content'],
  ['kong-ai-part', 'placeholders are no payloads, a cost of 0 is none, and sanitised words stay out'],
  ['kong-payloads', 'payloads of Kong are input, output and parameters; keys in headers and queries stay out'],
  ['kong-mcp', 'an MCP call through Kong is left out'],
  ['kong-mcp-included', 'an MCP call through Kong is shown as its tool where it is asked for'],
  ['kong-plain', 'a log of Kong without AI plugins is no LLM call'],
  ['apisix-access-log-text', 'an access log of APISIX as text cannot be parsed'],
  ['apisix-sls-logger', 'an entry of the SLS logger without an LLM’s summary is no LLM call'],
  ['apisix-syslog', 'an entry of APISIX behind a syslog header is read, the header’s keys stay out'],
  ['envoy-ai-gateway', 'a line of Envoy AI Gateway is a call without content'],
  ['envoy-ai-gateway-failed', 'a timeout of Envoy AI Gateway is an error without tokens'],
  ['envoy-ai-gateway-mcp', 'an MCP call through Envoy AI Gateway is left out'],
  ['xinference', 'a line of Xinference is a call that ended at its timestamp'],
  ['new-api', 'a consume log ends at its local time, and its stream began after frt'],
  ['new-api-short', 'a consume log without a duration starts when it ends'],
  ['otel-http-span', 'a span of other work is no LLM call'],
  ['otel-agent-tree', 'agent, chain, model and tool of a trace are a tree whose tokens count once'],
  ['otel-tool-results', 'tool calls and their results in messages of parts are messages of chat'],
  ['otel-reasoning', 'reasoning stands beside the content it led to'],
  ['otel-server-tool', 'a provider’s own tool and what it answered are part of the message'],
  ['otel-arms', 'a span in the words of ARMS has its user, session, messages and first token'],
  ['otel-failed', 'a span that failed is an error, and a root where it names itself as its parent'],
  ['field-map', 'a record of no known format is a call by a map of its fields'],
  ['field-map-over-a-format', 'a map adds user and session to what a format reads'],
];

const SHAPES = ['json', 'ndjson', 'txt'];

function textOf(name: string): string {
  return readFileSync(join(FOLDER, name), 'utf8');
}

function recordFileOf(name: string): string {
  const file = SHAPES.map((shape) => `${name}.record.${shape}`).find((path) => existsSync(join(FOLDER, path)));
  if (file === undefined) throw new Error(`there is no record ${name}`);
  return file;
}

/** The pair's settings; what is no text stands for its JSON. */
function envOf(name: string): Record<string, string> {
  if (!existsSync(join(FOLDER, `${name}.env.json`))) return {};
  const settings: JsonObject = JSON.parse(textOf(`${name}.env.json`));
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, asText(value)]));
}

async function readingsOf(name: string): Promise<Json> {
  const { redaction, ...settings } = parseView(envOf(name));
  const options = { ...settings, readers: ALL, redactor: await redactorOf(redaction) };
  const { records } = parseRecords(textOf(recordFileOf(name)), new Date(0));
  return JSON.parse(JSON.stringify(records.map((record) => printed(view(record, options)))));
}

/** A reading in the form of `npm run -s explain`. */
function printed(reading: Reading): object {
  if (reading.kind === 'skip') return reading;
  if (reading.kind === 'reject') return { kind: 'reject', ...reading.why };
  const { trace, observation } = reading.call;
  const times = Object.entries(observation).flatMap(([key, value]) =>
    key.endsWith('Time') && typeof value === 'number' ? [[key, new Date(value).toISOString()]] : [],
  );
  return { kind: 'call', call: { trace, observation: { ...observation, ...Object.fromEntries(times) } } };
}

function callOf(name: string): Json {
  return JSON.parse(textOf(`${name}.call.json`));
}

describe('a record in the folder golden', () => {
  it.each(CLAIMS)('%s: %s', async (name) => {
    expect(await readingsOf(name)).toEqual(callOf(name));
  });

  it('has a call, a claim here and no file of another name beside it', () => {
    const parts = readdirSync(FOLDER).map((file) => /^(.*)\.(record\.\w+|call\.json|env\.json)$/.exec(file) ?? [file]);
    const named = (kind: string) => parts.filter(([, , part]) => part?.startsWith(kind)).map(([, name]) => name);
    const claimed = CLAIMS.map(([name]) => name).sort();
    expect({ records: named('record').sort(), calls: named('call').sort() }).toEqual({
      records: claimed,
      calls: claimed,
    });
    expect(named('env').filter((name) => !claimed.some((claim) => claim === name))).toEqual([]);
    expect(parts.filter(({ length }) => length === 1).flat()).toEqual(['README.md']);
  });

  it('shows none of the keys that it holds', () => {
    const holding = CLAIMS.filter(([name]) => textOf(recordFileOf(name)).includes('not-a-real'));
    expect(holding.map(([name]) => name)).toEqual(expect.arrayContaining(['kong-payloads', 'apisix-syslog']));
    expect(holding.filter(([name]) => textOf(`${name}.call.json`).includes('not-a-real'))).toEqual([]);
  });

  it('is what explain prints, with the settings beside it', () => {
    const command = ['--import', 'tsx', 'bin/explain.ts', join(FOLDER, recordFileOf('new-api'))];
    const cwd = join(import.meta.dirname, '..', '..');
    const env = { ...process.env, ...envOf('new-api') };
    const { stdout } = spawnSync(process.execPath, command, { cwd, env, encoding: 'utf8' });
    expect(JSON.parse(stdout)).toEqual(callOf('new-api'));
  });
});
