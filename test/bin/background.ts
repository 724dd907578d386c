import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A command of `bin/` that goes on until it is interrupted. */
export interface Background {
  /** What the first group of a pattern matches, as soon as it was printed on either stream. */
  printed(pattern: RegExp): Promise<string>;
  /** As Ctrl-C does. */
  interrupt(): void;
  kill(): void;
  /** Its exit code. */
  readonly ended: Promise<number | null>;
}

/** Starts a command with nothing in its environment but what it needs. */
export function background(script: string, args: readonly string[]): Background {
  const { PATH = '', HOME = '' } = process.env;
  const node = ['--import', 'tsx', `bin/${script}.ts`, ...args];
  const child = spawn(process.execPath, node, { cwd: ROOT, env: { PATH, HOME }, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  let text = '';
  let heard: () => void = () => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      heard();
    });
  }
  const printed = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      heard = () => {
        const found = pattern.exec(text)?.[1];
        if (found !== undefined) resolve(found);
      };
      heard();
      void ended.then(() => reject(new Error(`It ended before it printed ${pattern}: ${text}`)));
    });
  return { printed, ended, interrupt: () => void child.kill('SIGINT'), kill: () => void child.kill('SIGKILL') };
}
