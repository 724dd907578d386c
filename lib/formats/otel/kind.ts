import type { ObservationType } from '../../types.ts';
import type { Attributes } from './attributes.ts';
import { modelOf } from './model.ts';
import type { Span } from './span.ts';

const SIGN =
  /^(?:gen_ai|llm|openinference|traceloop|langfuse|mcp|retrieval|reranker|embedding)\.|^(?:input|output)\.value$|^ai\.(?:operationId|model\.id)$/;
/** Libraries hand these on to all spans below, among them those of web requests and of databases. */
const INHERITED =
  /^gen_ai\.(?:session|user|conversation)\.id$|^traceloop\.(?:association\.|workflow\.name$|entity\.path$)|^langfuse\.(?!observation\.|trace\.(?:input|output)$)/;

/** Whether a span tells of AI work at all; in a trace store, most spans do not. */
export function isAi({ attributes, events, damaged }: Span): boolean {
  const named = [...attributes.values.keys()].some((name) => SIGN.test(name) && !INHERITED.test(name));
  const spoken = events.some(({ name }) => name.startsWith('gen_ai.'));
  return named || spoken || (damaged !== undefined && /"(?:gen_ai|llm|openinference)\./.test(damaged));
}

export function isMcp({ attributes }: Span): boolean {
  return attributes.get('mcp.method.name') !== undefined;
}

/** Where conventions say what a span is, the most explicit first. */
const KINDS = [
  ...['langfuse.observation.type', 'gen_ai.span.kind', 'gen_ai.span_kind_name', 'openinference.span.kind'],
  ...['traceloop.span.kind', 'gen_ai.operation.name', 'llm.request.type', 'gen_ai.span.sub_kind'],
];

/** In lower case: kinds of Langfuse, ARMS, OpenInference and OpenLLMetry, and operations of the semantic conventions. */
const TYPES: ReadonlyMap<string, ObservationType> = new Map<string, ObservationType>([
  ...typed('generation', [
    'llm',
    'generation',
    'chat',
    'completion',
    'text_completion',
    'generate_content',
    'generate',
  ]),
  ...typed('embedding', ['embedding', 'embeddings']),
  ...typed('retriever', ['retriever', 'reranker', 'retrieval', 'rerank']),
  ...typed('tool', ['tool', 'execute_tool']),
  ...typed('agent', ['agent', 'invoke_agent', 'create_agent']),
  ...typed('chain', ['chain', 'workflow', 'invoke_workflow']),
  ...typed('guardrail', ['guardrail']),
  ...typed('evaluator', ['evaluator']),
  ...typed('span', ['span', 'task', 'entry', 'step', 'run_task', 'enter', 'react']),
]);

function typed(type: ObservationType, kinds: readonly string[]): [string, ObservationType][] {
  return kinds.map((kind) => [kind, type]);
}

/** What Langfuse calls a span of this kind; without any, one that names a model is a generation. */
export function typeOfSpan(span: Span): ObservationType {
  const { attributes } = span;
  for (const name of KINDS) {
    const type = TYPES.get(attributes.text(name)?.toLowerCase() ?? '');
    if (type) return type;
  }
  const vercel = vercelType(attributes);
  if (vercel) return vercel;
  if (attributes.get('gen_ai.tool.name', 'gen_ai.tool.call.id') !== undefined || isMcp(span)) return 'tool';
  return modelOf(span) === undefined ? 'span' : 'generation';
}

/** The operations of Vercel's AI SDK: only the inner ones (`ai.generateText.doGenerate`) call a model. */
function vercelType(attributes: Attributes): ObservationType | undefined {
  const operation = attributes.text('ai.operationId');
  if (operation === undefined) return undefined;
  if (operation === 'ai.toolCall') return 'tool';
  if (!/\.do[A-Z]/.test(operation)) return 'span';
  return operation.startsWith('ai.embed') ? 'embedding' : 'generation';
}
