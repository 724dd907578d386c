import type { Json, JsonObject } from '../../types.ts';
import { isObject, present, structured } from '../values/values.ts';
import { Attributes } from './attributes.ts';
import { answer, chatMessages } from './messages.ts';
import { contentOf } from './parts.ts';
import { choices, chosen, heard } from './said.ts';
import type { Span } from './span.ts';

const ASKED = ['gen_ai.input.messages', 'gen_ai.prompt', 'gen_ai.prompts', 'llm.input_messages', 'ai.prompt.messages'];
const ASKED_ELSE = [
  ...['gen_ai.tool.call.arguments', 'input.value', 'gen_ai.entity.input', 'traceloop.entity.input', 'ai.toolCall.args'],
  ...['ai.prompt', 'gen_ai.retrieval.query.text', 'retrieval.query', 'pydantic_ai.all_messages', 'llm.prompts'],
];
const ANSWERED = ['gen_ai.output.messages', 'gen_ai.completion', 'gen_ai.completions', 'llm.output_messages'];
const ANSWERED_ELSE = [
  ...['gen_ai.tool.call.result', 'output.value', 'gen_ai.entity.output', 'traceloop.entity.output'],
  ...['ai.toolCall.result', 'ai.response.text', 'ai.response.object', 'final_result'],
];
const INSTRUCTIONS = 'gen_ai.system_instructions';
const DOCUMENTS = ['gen_ai.retrieval.documents', 'retrieval.documents', 'retrieval.document'];
const RERANKED = ['reranker.output_documents', 'reranker.output_document'];
const TO_RERANK = ['reranker.input_documents', 'reranker.input_document'];
const TOOLS = ['gen_ai.tool.definitions', 'llm.tools', 'llm.request.functions', 'ai.prompt.tools'];

const LISTS = [...ASKED, ...ANSWERED, ...DOCUMENTS, ...RERANKED, ...TO_RERANK, ...TOOLS, 'embedding.embeddings'];
const SHOWN: ReadonlySet<string> = new Set([
  ...[...LISTS, ...ASKED_ELSE, ...ANSWERED_ELSE, INSTRUCTIONS, 'reranker.query'],
  ...['langfuse.observation.input', 'langfuse.observation.output', 'ai.response.toolCalls'],
]);

/** Whether an attribute holds content, which input and output show. */
export function isContent(name: string): boolean {
  return (
    SHOWN.has(name) || LISTS.some((list) => name.startsWith(`${list}.`) && /^\d/.test(name.slice(list.length + 1)))
  );
}

/** What went in: messages in ChatML, with system prompt and tools, or what a tool, chain or retriever was given. */
export function inputOf(span: Span): Json | undefined {
  const { attributes } = span;
  const stated = attributes.read('langfuse.observation.input');
  if (stated !== undefined) return stated;
  const aside = detailsIn(span);
  const asked = askedIn(attributes) ?? askedIn(aside);
  const told = asked ?? heard(span.events) ?? rest(attributes, ASKED_ELSE) ?? documentsToRank(attributes);
  return withTools(span, withSystem(instructions(attributes) ?? instructions(aside), told)) ?? embedded(attributes);
}

/** What came out: the message, the list of choices, or what a tool, chain or retriever gave. */
export function outputOf(span: Span): Json | undefined {
  const { attributes } = span;
  const stated = attributes.read('langfuse.observation.output');
  if (stated !== undefined) return stated;
  const spoken = answeredIn(attributes) ?? answeredIn(detailsIn(span)) ?? chosen(span.events);
  return spoken ?? called(attributes) ?? rest(attributes, ANSWERED_ELSE) ?? documents(attributes, DOCUMENTS, RERANKED);
}

/** Why the choices of an output ended, where only its messages say. */
export function finishReasonsOf({ attributes, events }: Span): Json[] {
  const items = [...ANSWERED.flatMap((name) => attributes.list(name)), ...choices(events)];
  const reasons = items.map((item) => (isObject(item) ? item.finish_reason : undefined));
  return reasons.filter((reason): reason is Json => present(reason));
}

/** Content that newer libraries log in an event of its own, under the names of attributes. */
function detailsIn({ events }: Span): Attributes {
  const named = events.filter(({ name }) => /^gen_ai\.(?:client|content)\./.test(name));
  return new Attributes(new Map(named.flatMap(({ attributes }) => [...attributes.values])));
}

function askedIn(attributes: Attributes): Json | undefined {
  return spokenAt(attributes, ASKED, (messages) => messages);
}

function answeredIn(attributes: Attributes): Json | undefined {
  return spokenAt(attributes, ANSWERED, answer);
}

/** The first of these that says anything, as ChatML messages or as the text or object it is. */
function spokenAt(
  attributes: Attributes,
  names: readonly string[],
  shown: (messages: Json[]) => Json | undefined,
): Json | undefined {
  for (const name of names) {
    const list = attributes.list(name);
    if (list.length > 0) return shown(chatMessages(list));
    const value = attributes.read(name);
    if (value !== undefined) return isObject(value) && present(value.role) ? shown(chatMessages([value])) : value;
  }
  return undefined;
}

function rest(attributes: Attributes, names: readonly string[]): Json | undefined {
  return attributes.read(...names);
}

/** Vercel's AI SDK logs text and tool calls of an answer apart. */
function called(attributes: Attributes): Json | undefined {
  const calls = attributes.list('ai.response.toolCalls').map((call) => {
    if (!isObject(call)) return call;
    const { toolCallId: id = null, toolName: name = null, args, input } = call;
    return { id, name, arguments: args ?? input ?? {} };
  });
  if (calls.length === 0) return undefined;
  const content = attributes.get('ai.response.text') ?? null;
  return answer(chatMessages([{ role: 'assistant', content, tool_calls: calls }]));
}

/** The system prompt as a message; logged apart as parts, messages or text. */
function instructions(attributes: Attributes): JsonObject | undefined {
  const value = attributes.read(INSTRUCTIONS);
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) return { role: 'system', content: value };
  const spoken = value.some((item) => isObject(item) && present(item.role));
  const parts = spoken ? chatMessages(value).flatMap((item) => (isObject(item) ? (item.content ?? []) : item)) : value;
  return { role: 'system', content: contentOf(parts, '\n') };
}

function withSystem(system: JsonObject | undefined, input: Json | undefined): Json | undefined {
  if (!system) return input;
  if (input === undefined) return [system];
  if (typeof input === 'string') return [system, { role: 'user', content: input }];
  if (!Array.isArray(input)) return input;
  const led = input.some((message) => isObject(message) && ['system', 'developer'].includes(String(message.role)));
  return led ? input : [system, ...input];
}

/** With the tools that the model was offered, as Langfuse reads them. */
function withTools({ attributes }: Span, input: Json | undefined): Json | undefined {
  if (!Array.isArray(input)) return input;
  const name = TOOLS.find((list) => attributes.list(list).length > 0);
  if (name === undefined) return input;
  return { messages: input, tools: attributes.list(name).map(toolIn) };
}

/** A tool's definition, which OpenInference wraps and others write as JSON text. */
function toolIn(item: Json): Json {
  const tool = structured(item) ?? null;
  if (!isObject(tool)) return tool;
  const schema = structured(isObject(tool.tool) ? tool.tool.json_schema : tool['tool.json_schema']);
  if (schema !== undefined) return schema;
  return typeof tool.parameters === 'string' ? { ...tool, parameters: structured(tool.parameters) ?? null } : tool;
}

function documents(attributes: Attributes, ...names: readonly string[][]): Json | undefined {
  const list = names.flat().map((name) => attributes.list(name));
  const found = list.find((items) => items.length > 0);
  return found?.map((item) => {
    const inner = isObject(item) ? (item.document ?? item) : item;
    return isObject(inner) ? withReadMetadata(inner) : inner;
  });
}

function withReadMetadata(document: JsonObject): JsonObject {
  return 'metadata' in document ? { ...document, metadata: structured(document.metadata) ?? null } : document;
}

function documentsToRank(attributes: Attributes): Json | undefined {
  const query = attributes.read('reranker.query');
  const ranked = documents(attributes, TO_RERANK);
  if (ranked === undefined) return query;
  return { ...(query !== undefined && { query }), documents: ranked };
}

/** The texts of an embedding; their vectors are nothing to read. */
function embedded(attributes: Attributes): Json | undefined {
  const texts = attributes.list('embedding.embeddings').flatMap((item): Json[] => {
    const inner = isObject(item) ? (item.embedding ?? item) : item;
    const text = isObject(inner) ? (inner.text ?? inner['embedding.text']) : undefined;
    return present(text) ? [text] : [];
  });
  return texts.length > 1 ? texts : texts[0];
}
