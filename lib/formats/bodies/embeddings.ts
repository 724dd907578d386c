import type { Json, JsonObject } from '../../types.ts';
import { isObject } from '../values/values.ts';
import { listIn } from './body.ts';
import { decodedBytes } from './media.ts';

const BYTES_OF_A_FLOAT = 4;

/**
 * A summary of the vectors in an answer, `{embeddings: 2, dimensions: 1024}`: thousands of numbers tell a reader
 * nothing. OpenAI has them in `data`, DashScope, Cohere and Ollama in `embeddings`, Gemini in either number of
 * `embedding`. `undefined` for an answer without vectors.
 */
export function embeddingsIn({ data, embeddings, embedding }: JsonObject): JsonObject | undefined {
  // Cohere groups them by the type of their numbers.
  const grouped = isObject(embeddings) ? Object.values(embeddings)[0] : embeddings;
  const vectors = [...listIn(data), ...listIn(grouped), ...(embedding === undefined ? [] : [embedding])];
  const dimensions = vectors.map(dimensionsOf);
  const [first] = dimensions;
  return first === undefined || first === 0 ? undefined : { embeddings: vectors.length, dimensions: first };
}

function dimensionsOf(vector: Json): number {
  if (Array.isArray(vector)) return typeof vector[0] === 'number' ? vector.length : 0;
  const values = isObject(vector) ? (vector.embedding ?? vector.values) : undefined;
  if (typeof values === 'string') return decodedBytes(values) / BYTES_OF_A_FLOAT;
  return Array.isArray(values) ? values.length : 0;
}
