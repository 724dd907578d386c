import { Refusal } from './refusal.ts';

/** What a look at one thing found. `notes` say what it is to become, or what changes. */
export type Finding =
  | { readonly kind: 'exists' }
  /** Not to be put right by this command. */
  | { readonly kind: 'wrong'; readonly message: string }
  | { readonly kind: 'missing' | 'differs'; readonly notes: readonly string[]; readonly apply: () => Promise<unknown> };

/** One thing that a deployment needs. `look` changes nothing; both it and `apply` throw Refusal. */
export interface Step {
  readonly what: string;
  look(): Promise<Finding>;
}

export type Outcome = 'created' | 'updated' | 'exists' | 'would create' | 'would change' | 'failed' | 'skipped';
export type Outcomes = Readonly<Partial<Record<Outcome, number>>>;

const DONE = { missing: 'created', differs: 'updated' } as const;
const PLANNED = { missing: 'would create', differs: 'would change' } as const;
const WIDTH = 'would create'.length;

/**
 * Takes the steps in their order and prints a line for each. Within a group each needs the one before: after a failure
 * the rest of the group is skipped, and the next group begins. `dryRun` only looks.
 */
export async function carryOut(
  groups: readonly (readonly Step[])[],
  dryRun: boolean,
  print: (line: string) => void,
): Promise<Outcomes> {
  const counts: Partial<Record<Outcome, number>> = {};
  for (const group of groups) {
    let failed = false;
    for (const step of group) {
      const { outcome, lines }: Taken = failed ? SKIPPED : await taken(step, dryRun);
      if (outcome === 'failed') failed = true;
      counts[outcome] = (counts[outcome] ?? 0) + 1;
      print(`${outcome.padEnd(WIDTH)}  ${step.what}`);
      for (const line of lines) print(`${' '.repeat(WIDTH)}    ${line}`);
    }
  }
  return counts;
}

interface Taken {
  readonly outcome: Outcome;
  readonly lines: readonly string[];
}

const SKIPPED: Taken = { outcome: 'skipped', lines: [] };

async function taken(step: Step, dryRun: boolean): Promise<Taken> {
  try {
    const finding = await step.look();
    if (finding.kind === 'exists') return { outcome: 'exists', lines: [] };
    if (finding.kind === 'wrong') return { outcome: 'failed', lines: finding.message.split('\n') };
    if (!dryRun) await finding.apply();
    return { outcome: (dryRun ? PLANNED : DONE)[finding.kind], lines: finding.notes };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { outcome: 'failed', lines: error.message.split('\n') };
  }
}
