import { markerOf, type Rule, replaceFound, WORD_START } from './found.ts';

/** A digit soon: `sk-estimator-doc-link` is a name, not a key. */
const MIXED = String.raw`(?=[\w-]{0,64}\d)`;

/**
 * The shapes of keys that say themselves whose they are, as their vendors document them or as their secret scanners
 * look for them. Tails have no upper bound: nothing may stand behind them that makes a match try again.
 */
const SHAPES = [
  // OpenAI, Anthropic, DashScope, DeepSeek, OpenRouter, Langfuse and others.
  String.raw`sk-${MIXED}[\w-]{16,}`,
  String.raw`pk-lf-${MIXED}[\w-]{16,}`,
  // Google; AWS and Tencent Cloud; Alibaba Cloud, also of a security token.
  String.raw`AIza[\w-]{35,}`,
  '(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])',
  'AKID[A-Za-z0-9]{16,}',
  'LTAI[A-Za-z0-9]{12,}',
  String.raw`STS\.N[A-Za-z0-9]{16,}`,
  // GitHub, GitLab, Slack, Hugging Face, Stripe.
  'gh[oprsu]_[A-Za-z0-9]{30,}',
  String.raw`github_pat_\w{22,}`,
  String.raw`glpat-${MIXED}[\w-]{20,}`,
  String.raw`xox[abeoprs]-${MIXED}[\w-]{10,}`,
  'hf_[A-Za-z0-9]{30,}',
  '[rs]k_(?:live|test)_[A-Za-z0-9]{16,}',
  // Groq, xAI, NVIDIA.
  'gsk_[A-Za-z0-9]{32,}',
  'xai-[A-Za-z0-9]{32,}',
  String.raw`nvapi-${MIXED}[\w-]{32,}`,
  // Zhipu: the key's id and its secret.
  String.raw`[0-9a-f]{32}\.[A-Za-z0-9]{16}(?![A-Za-z0-9])`,
];
const KEY_HINT =
  /sk-|pk-lf-|AIza|AKIA|ASIA|AKID|LTAI|STS\.N|gh[oprsu]_|github_pat_|glpat-|xox[abeoprs]-|hf_|[rs]k_(?:live|test)_|gsk_|xai-|nvapi-|\.[A-Za-z0-9]{16}/;
const KEY = new RegExp(`${WORD_START}(?:${SHAPES.join('|')})`, 'g');

// Neither - nor _ in front, or a text of `eyJ…-eyJ…-` would be read to its end at each of them.
const TOKEN = new RegExp(String.raw`${WORD_START}(?:(?<![\w-])|(?<=\\[bfnrt]))eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*`, 'g');

/** Keys of model vendors, clouds and code hosts that are known by their beginning, and JSON web tokens. */
export const apiKey: Rule = {
  name: 'api-key',
  apply(text) {
    const marker = markerOf('api-key');
    const rest = KEY_HINT.test(text) ? text.replace(KEY, marker) : text;
    return rest.includes('eyJ') ? rest.replace(TOKEN, marker) : rest;
  },
};

const BEARER_HINT = /[Bb](?:earer|EARER|asic|ASIC)[\s%]/;
// No character of it may stand in a token: a refused match would reach to the end, time and again.
const SPACE = String.raw`(?:\s{1,4}|%20)`;
const BEARER = new RegExp(
  String.raw`${WORD_START}(?:(?:Bearer|bearer|BEARER)${SPACE}[\w.~+/-]{16,}={0,2}|(?:Basic|basic|BASIC)${SPACE}[\w+/-]{6,}={0,2})`,
  'g',
);

/** The credentials of an `Authorization` header (RFC 6750, RFC 7617) wherever they stand, scheme included. */
export const bearer: Rule = {
  name: 'bearer',
  apply: (text) =>
    BEARER_HINT.test(text)
      ? replaceFound(text, BEARER, markerOf('bearer'), (match) => (isCredential(match) ? match.length : 0))
      : text,
};

/** `Basic` is followed by a name, a colon and a password in base64; behind `Bearer` a mere word is no token. */
function isCredential(match: string): boolean {
  const token = match.slice(/^[A-Za-z]+(?:\s{1,4}|%20)/.exec(match)?.[0].length ?? 0);
  if (/^b(?:asic|ASIC)/i.test(match)) return Buffer.from(token, 'base64').includes(':');
  return /\d|[a-z][A-Z]/.test(token);
}

const BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;

/** Private keys in PEM (RFC 7468), line breaks written as they may be; one without its end reaches to the text's. */
export const privateKey: Rule = {
  name: 'private-key',
  apply: (text) => (text.includes('-----BEGIN ') ? withoutPrivateKeys(text) : text),
};

function withoutPrivateKeys(text: string): string {
  const parts: string[] = [];
  let from = 0;
  BEGIN.lastIndex = 0;
  for (let begin = BEGIN.exec(text); begin; begin = BEGIN.exec(text)) {
    parts.push(text.slice(from, begin.index), markerOf('private-key'));
    END.lastIndex = BEGIN.lastIndex;
    from = END.test(text) ? END.lastIndex : text.length;
    BEGIN.lastIndex = from;
  }
  return parts.length === 0 ? text : parts.join('') + text.slice(from);
}
