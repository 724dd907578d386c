import { closest } from '../lib/closest.ts';
import { fail, run } from './run.ts';

/** A command: the module that runs it, and what it does in a line. */
interface Command {
  readonly module: string;
  readonly summary: string;
  readonly example: string;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  start: { module: './demo.ts', summary: 'shows it at work, on this machine', example: 'start' },
  explain: {
    module: './explain.ts',
    summary: 'shows how log records map, without sending anything',
    example: 'explain records.json',
  },
  invoke: {
    module: './invoke.ts',
    summary: 'runs the built function on an event',
    example: 'invoke -f event.json --view',
  },
  doctor: {
    module: './doctor.ts',
    summary: 'checks everything it needs, and says what to do',
    example: 'doctor --write',
  },
  setup: { module: './setup.ts', summary: 'creates roles, bucket and logstores', example: 'setup --dry-run' },
  deploy: { module: './deploy.ts', summary: 'builds, checks, and deploys both functions', example: 'deploy' },
  backfill: {
    module: './backfill.ts',
    summary: 'ships a time of the past',
    example: 'backfill --from 2026-11-20 --to now',
  },
  letters: { module: './letters.ts', summary: 'lists, shows, replays and parks dead letters', example: 'letters list' },
};

const HELP = `Carries LLM gateway logs from Alibaba Cloud SLS into Langfuse.

  npx sls-langfuse COMMAND [options]       the same as npm run -s COMMAND -- [options]

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`)
  .join('\n')}

Examples:
${Object.values(COMMANDS)
  .map(({ example }) => `  npx sls-langfuse ${example}`)
  .join('\n')}

npx sls-langfuse COMMAND --help tells more of each. The exit code is 2 for a mistake in the command or the settings.`;

async function main([name, ...rest]: string[]): Promise<void> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(HELP);
    return;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) fail(unknown(name));
  // Each command reads its own arguments, as when it is started by itself.
  process.argv.splice(2, process.argv.length, ...rest);
  await import(command.module);
}

function unknown(name: string): string {
  const near = closest(name, Object.keys(COMMANDS));
  return `There is no command "${name}".${near ? ` Did you mean ${near}?` : ''} See npx sls-langfuse --help.`;
}

run(() => main(process.argv.slice(2)));
