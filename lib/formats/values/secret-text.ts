import { remembered } from '../../remembered.ts';
import { withoutQuery } from './path.ts';

export const LEFT_OUT = '[left out]';
const SECRET =
  /authorization|cookie|api[-_]?key|access[-_]?key|subscription[-_]?key|secret|password|credential|^x-goog-api|signature|(?<!(?:input|output|total|max|prompt|completion|cached|reasoning|first|last|per)[-_]?)token$/i;
const ADDRESS = /(?:path|uri|url|url\.full|http\.target|referr?er)$/i;

/** What is said of a key and is none: its name, its owner, its hash (`user_api_key_alias`, `api_key_name`). */
const OF_A_KEY = /^(?:user_)?api_key_(?!auth|prefix|secret|value)[a-z]/;

export type Kind = 'secret' | 'address' | 'headers' | 'header' | 'plain';

/**
 * What a field's or header's name says of its value: a `secret` opens a door (a token that is counted is none), an
 * `address` may carry keys in its query, `header` is part of a name such as `header_map`.
 */
export const kindOf = remembered((name): Kind => {
  if (SECRET.test(name) && !OF_A_KEY.test(name)) return 'secret';
  if (ADDRESS.test(name)) return 'address';
  if (/headers?$/i.test(name)) return 'headers';
  return /header/i.test(name) ? 'header' : 'plain';
});

export function isSecret(name: string): boolean {
  return kindOf(name) === 'secret';
}

const BEARER = /\b(Bearer|bearer|BEARER|Basic|basic)(\s{1,4}|%20)[\w.~+/=-]{16,}/g;
const PLATFORM_KEY = /\bsk-[\w-]{16,}/g;
const PARAMETER = /([?&;])([\w.-]{1,64})=[^&;\s"\\#]+/g;
/** `user:password@` of an address. */
const USER_INFO = /(:\/\/)[^\s/?#@:"'\\]{0,64}:[^\s/?#@"'\\]{1,128}@/g;
/** A name and its value in JSON text, however often that was escaped, and however much of it is left. */
const NAMED = /"([^"\\]{1,64})(\\{0,8}"\s{0,8}:\s{0,8}\[?\s{0,8}\\{0,8}")([^"]*)/g;

/** What each of the patterns needs: most texts have none of it. */
const SUSPECT = /["=]|sk-|:\/\/|earer|EARER|asic/;

/** A text without the tokens, keys and queries that it names as such. Every pattern is bounded: a text may have 5 MB. */
export function textWithoutSecrets(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text
    .replace(NAMED, (whole, name: string, between: string, value: string) => {
      const kind = kindOf(name);
      if (kind === 'secret') return `"${name}${between}${LEFT_OUT}${lastBackslashes(value)}`;
      return kind === 'address' ? `"${name}${between}${withoutQueryIn(value)}` : whole;
    })
    .replace(BEARER, `$1$2${LEFT_OUT}`)
    .replace(PLATFORM_KEY, LEFT_OUT)
    .replace(USER_INFO, `$1${LEFT_OUT}@`)
    .replace(PARAMETER, (whole, mark: string, name: string) =>
      isSecret(name) || /^(?:key|sig|code)$/i.test(name) ? `${mark}${name}=${LEFT_OUT}` : whole,
    );
}

function withoutQueryIn(value: string): string {
  const kept = withoutQuery(value);
  return kept === value ? value : kept + lastBackslashes(value);
}

/** The backslashes that escape the quote behind the value. */
function lastBackslashes(value: string): string {
  let at = value.length;
  while (value[at - 1] === '\\') at--;
  return value.slice(at);
}
