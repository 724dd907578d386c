import type { Json, JsonObject } from '../../types.ts';

/** Texts in base64 that nothing names as such are taken for it from this length on. */
const BARE = 1_000;
/** No body nests deeper; a value from elsewhere is left as it is below. */
const MAX_DEPTH = 250;
const KB = 1_024;

const HEAD = /data:([\w.+-]{1,64}\/[\w.+-]{1,64})?(?:;[\w=.+-]{1,64}){0,4};base64,/y;
const RUN = /[\w+/-]*={0,2}/y;
/** Encoders that follow MIME break the lines. */
const LINES = /[\w+/\r\n-]*={0,2}[\r\n]{0,2}/y;
const TYPE = /^[\w.+-]{1,64}\/[\w.+-]{1,64}$/;
/** How the first bytes of common files look in base64. */
const SIGNATURES: readonly (readonly [start: string, type: string])[] = [
  ['iVBORw0KGgo', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
  ['JVBERi0', 'application/pdf'],
];

/**
 * A value with its base64 data replaced by markers that tell type and decoded size, `[image/png, 12.3 KB]` (1 KB = 1,024
 * bytes): data URIs, wholly or inside a text, the places that the APIs of OpenAI, Anthropic and Gemini have for files,
 * and texts of 1,000 and more characters that can be nothing else. What holds none is the same object as before.
 */
export function withoutMedia(value: Json): Json {
  return walked(value, '', MAX_DEPTH);
}

function walked(value: Json, name: string, levels: number): Json {
  if (typeof value === 'string') return inText(value);
  if (typeof value !== 'object' || value === null || levels === 0) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => walked(item, name, levels - 1));
    return items.some((item, i) => item !== value[i]) ? items : value;
  }
  const entries = Object.keys(value).map((key): [string, Json] => [key, member(value, name, key, levels)]);
  return entries.some(([key, inner]) => inner !== value[key]) ? Object.fromEntries(entries) : value;
}

/** The value of one key: in the places that the APIs have for it, base64 of any length is data. */
function member(owner: JsonObject, name: string, key: string, levels: number): Json {
  const value = owner[key] ?? null;
  if (typeof value !== 'string') return walked(value, key, levels - 1);
  const type = typeAt(owner, name, key);
  return type !== undefined && isWholly(LINES, value) ? marker(value, type) : inText(value);
}

/** The type of the data under a key: `''` where there is data of an unknown type, `undefined` where there is none. */
function typeAt(owner: JsonObject, name: string, key: string): string | undefined {
  if (key === 'b64_json' || key === 'file_data') return '';
  if (key !== 'data' || owner.type === 'text') return undefined;
  if (name === 'input_audio' || name === 'audio')
    return typeof owner.format === 'string' ? `audio/${owner.format}` : '';
  const type = owner.mimeType ?? owner.mime_type ?? owner.media_type;
  if (typeof type === 'string') return type;
  return owner.type === 'base64' ? '' : undefined;
}

function inText(text: string): string {
  if (text.length >= BARE && isWholly(RUN, text) && isVaried(text)) return marker(text, '');
  const parts: string[] = [];
  let from = 0;
  for (let at = text.indexOf('data:'); at >= 0; at = text.indexOf('data:', at + 1)) {
    HEAD.lastIndex = at;
    const head = HEAD.exec(text);
    const end = head ? runEnd(RUN, text, at + head[0].length) : at;
    if (!head || end === at + head[0].length) continue;
    parts.push(text.slice(from, at), marker(text.slice(at + head[0].length, end), head[1] ?? ''));
    from = end;
    at = end - 1;
  }
  return parts.length > 0 ? parts.join('') + text.slice(from) : text;
}

function isWholly(pattern: RegExp, text: string): boolean {
  return text !== '' && runEnd(pattern, text, 0) === text.length;
}

function runEnd(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return from + (pattern.exec(text)?.[0].length ?? 0);
}

/** Hexadecimal digits, rulers and the like have not all three. */
function isVaried(text: string): boolean {
  return /[A-Z]/.test(text) && /[a-z]/.test(text) && /\d/.test(text);
}

function marker(base64: string, type: string): string {
  const [plain = ''] = type.split(';', 1);
  const named = TYPE.test(plain) ? plain : SIGNATURES.find(([start]) => base64.startsWith(start))?.[1];
  return `[${named ?? 'base64 data'}, ${size(decodedBytes(base64))}]`;
}

/** The number of bytes that a text in base64 stands for. */
export function decodedBytes(base64: string): number {
  const tail = base64.slice(-4);
  const breaks = base64.includes('\n') || base64.includes('\r') ? base64.replace(/[^\r\n]/g, '').length : 0;
  return Math.floor(((base64.length - breaks - tail.replace(/[^=]/g, '').length) * 3) / 4);
}

function size(bytes: number): string {
  if (bytes < KB) return `${bytes} B`;
  return bytes < KB * KB ? `${(bytes / KB).toFixed(1)} KB` : `${(bytes / KB / KB).toFixed(1)} MB`;
}
