import { plain } from '../letters/objects.ts';
import type { Progress, Result, Status } from './exam.ts';

/** Where a report is written: standard output and standard error, or what stands for them. */
export interface Paper {
  readonly out: { write(text: string): unknown };
  /** For the progress line; only of a terminal. */
  readonly err?: { write(text: string): unknown };
  readonly colour: boolean;
}

const COLOURS: Readonly<Record<Status, number>> = { ok: 32, warn: 33, fail: 31, skipped: 90 };
const CLEAR = '\r\u001b[2K';

/** Tells each check on a terminal while it runs, and with `lines` its result as soon as it is there. */
export function progressOn({ out, err, colour }: Paper, lines: boolean): Progress {
  let running = '';
  return {
    started: (name) => {
      running = name;
      err?.write(`${CLEAR}checking ${name} ...`);
    },
    told: (text) => void err?.write(`${CLEAR}checking ${running}: ${text}`),
    ended: (result) => {
      err?.write(CLEAR);
      if (lines) out.write(`${textOf(result, colour)}\n`);
    },
  };
}

/** A result as lines of text. What came from outside moves no cursor. */
export function textOf({ name, status, message, next }: Result, colour: boolean): string {
  const word = status.padEnd(7);
  const painted = colour ? `\u001b[${COLOURS[status]}m${word}\u001b[0m` : word;
  const lines = [...message.split('\n'), ...(next ? [`Next: ${next}`] : [])];
  return `${painted}  ${name.padEnd(18)}  ${lines.map(plain).join(`\n${' '.repeat(29)}`)}`;
}

/** The last line: how many of which. */
export function summaryOf(results: readonly Result[]): string {
  const count = (status: Status) => results.filter((result) => result.status === status).length;
  const [oks, warnings, failures, skipped] = (['ok', 'warn', 'fail', 'skipped'] as const).map(count);
  return `${results.length} checks: ${oks} ok, ${warnings} to be looked at, ${failures} failed, ${skipped} skipped`;
}

/** Whether no check failed; warnings and what was skipped are no failures. */
export function isWell(results: readonly Result[]): boolean {
  return results.every(({ status }) => status !== 'fail');
}
