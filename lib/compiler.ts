import { setFlagsFromString } from 'node:v8';

/** Bytes of bytecode that a function runs through until V8 thinks of optimising it; 67,584 by default in Node 20. */
const INTERRUPT_BUDGET = 450_000;

/**
 * Lets V8 optimise a function later, for the rest of the process. A new instance that ships some hundred logs at a time
 * else spends more on optimising than it wins back, and again whenever the next kind of log proves a guess wrong: the
 * tenth invocation of 100 logs takes half the CPU time with it, a range of 100,000 logs as much as without.
 *
 * Node warns of flags that are set while V8 runs. This one is a number that V8 reads each time it counts; one that a later
 * V8 does not know has no effect but a line on stderr.
 */
export function optimiseLater(): void {
  setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`);
}
