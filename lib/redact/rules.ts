/** The built-in rules by name, in the order in which they are documented. */
export const RULES = ['mobile', 'id-card', 'bank-card', 'email', 'ip', 'api-key', 'bearer', 'private-key'] as const;

export type RuleName = (typeof RULES)[number];

export type ParsedRules = { readonly rules: readonly RuleName[] } | { readonly problems: readonly string[] };

/**
 * The rules that a setting asks for: names separated by commas, or `all`; an empty text asks for none. Each problem is a
 * sentence that names what is wrong and what there is instead.
 */
export function parseRules(setting: string): ParsedRules {
  const names = setting.split(',').map((name) => name.trim().toLowerCase());
  const asked = new Set(names.filter((name) => name !== ''));
  const unknown = [...asked].filter((name) => name !== 'all' && !isRule(name));
  if (unknown.length > 0) {
    return { problems: unknown.map((name) => `"${name}" is no rule; there are ${RULES.join(', ')} and all`) };
  }
  return { rules: asked.has('all') ? RULES : RULES.filter((name) => asked.has(name)) };
}

/** Whether a built-in rule has this name. */
export function isRule(name: string): name is RuleName {
  return RULES.some((rule) => rule === name);
}
