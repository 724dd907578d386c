import type { Clock } from '../../lib/types.ts';
import { type Sums, total } from './sums.ts';

/** How far a backfill is. */
export interface Standing {
  readonly total: number;
  /** Of all runs. */
  readonly sums: Sums;
  /** Of this run. */
  readonly slices: number;
  readonly logs: number;
  readonly elapsedMs: number;
}

/** Where progress goes: standard error. */
export interface Display {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Of lines on a pipe. */
const EVERY_MS = 10_000;
const BAR = 20;
const CLEAR = '\r\u001b[K';

/**
 * Shows progress: on a terminal one line with a bar that is drawn over, on a pipe a line now and then. What else is to
 * be read goes through {@link note} or {@link write}, so that it does not end up in the bar.
 */
export class Meter {
  readonly #display: Display;
  readonly #clock: Clock;
  #shownAt = Number.NEGATIVE_INFINITY;
  #bar = '';

  constructor(display: Display, clock: Clock) {
    this.#display = display;
    this.#clock = clock;
  }

  show(standing: Standing): void {
    if (this.#display.isTTY) {
      // A line that wraps cannot be drawn over. Some terminals say that they have no columns.
      const columns = this.#display.columns || 80;
      this.#bar = `${barOf(standing)} ${progressText(standing)}`.slice(0, columns - 1);
      this.write('');
    } else if (this.#clock.now() - this.#shownAt >= EVERY_MS) {
      this.#shownAt = this.#clock.now();
      this.#display.write(`${progressText(standing)}\n`);
    }
  }

  note(line: string): void {
    this.write(`${line}\n`);
  }

  /** Whole lines, or nothing to draw the bar again. */
  write(text: string): void {
    this.#display.write(this.#bar ? `${CLEAR}${text}${this.#bar}` : text);
  }

  /** The bar as it is stays, and what comes next begins a line. */
  end(): void {
    if (this.#bar) this.#display.write('\n');
    this.#bar = '';
  }
}

function barOf({ sums, total: slices }: Standing): string {
  const filled = slices === 0 ? BAR : Math.floor((BAR * sums.slices) / slices);
  return `[${'#'.repeat(filled).padEnd(BAR, '-')}]`;
}

function progressText(standing: Standing): string {
  const { sums, logs, elapsedMs, total: slices } = standing;
  const parts = [
    `${sums.slices}/${slices} slices`,
    leftText(standing),
    `${elapsedMs > 0 ? Math.round((logs * 1000) / elapsedMs) : 0} logs/s`,
    `${sums.delivered} delivered`,
    `${total(sums.skipped)} skipped`,
    `${total(sums.lettered)} lettered`,
  ];
  return parts.filter(Boolean).join(', ');
}

function leftText({ total: slices, sums, slices: done, elapsedMs }: Standing): string {
  const left = slices - sums.slices;
  if (left <= 0 || done === 0) return '';
  const seconds = Math.ceil((elapsedMs / done) * (left / 1000));
  if (seconds < 60) return `${seconds} s left`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min left`;
  return `${Math.round(seconds / 3_600)} h left`;
}
