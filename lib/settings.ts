import * as z from 'zod/mini';

/** Building blocks of the settings: each takes a text and says in one line what is wrong with it. */

export const whole = (least: number, most: number, fallback: number) => {
  const problem = `must be a whole number from ${least} to ${most}`;
  const inside = z.refine<number>((value) => Number.isInteger(value) && value >= least && value <= most, problem);
  return z._default(z.coerce.number(problem).check(inside), fallback);
};

export const choice = <const T extends readonly string[]>(...values: T) =>
  z.enum(values, `must be one of ${values.join(', ')}`);

/** A setting with a syntax of its own: `parse` returns its value, or what is wrong with it. */
export const written = <T>(parse: (text: string) => { readonly value: T } | { readonly problems: readonly string[] }) =>
  z.optional(
    z.pipe(
      z.string(),
      z.transform((text, context): T => {
        const result = parse(text);
        if ('value' in result) return result.value;
        for (const message of result.problems) context.issues.push({ code: 'custom', input: text, message });
        return z.NEVER;
      }),
    ),
  );
