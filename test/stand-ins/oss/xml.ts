/** An element's content: text, elements by name, or the same element several times. */
export type Xml = string | number | boolean | readonly Xml[] | { readonly [name: string]: Xml | undefined };

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** A document with one root. An array repeats its element, undefined leaves it out. */
export function document(root: string, content: Xml): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(root, content)}`;
}

function element(name: string, content: Xml | undefined): string {
  if (content === undefined) return '';
  if (Array.isArray(content)) return content.map((item: Xml) => element(name, item)).join('');
  if (typeof content !== 'object') return `<${name}>${escapeText(String(content))}</${name}>`;
  const inner = Object.entries(content).map(([child, value]) => element(child, value as Xml | undefined));
  return `<${name}>${inner.join('')}</${name}>`;
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** The text of every `<name>` in a document; enough for the flat body of a multi-object delete. */
export function textsOf(source: string, name: string): string[] {
  return [...source.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) => unescapeText(text));
}

function unescapeText(text: string): string {
  const named = Object.entries(ENTITIES).reduce(
    (read, [plain, entity]) => {
      return plain === '&' ? read : read.replaceAll(entity, plain);
    },
    text.replace(/&#(?:39|x27);/g, "'"),
  );
  // The ampersand last, or `&amp;lt;` would become `<`.
  return named.replaceAll('&amp;', '&');
}
