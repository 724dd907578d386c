import { spawn } from 'node:child_process';
import { bundle, ROOT } from './build.ts';
import { deploy, type Ports } from './deploy/deploy.ts';
import { run } from './run.ts';

const HELP = `Builds the functions, examines the settings (doctor --offline), and deploys s.yaml with Serverless Devs.

  npm run deploy                             the settings of .env
  DEPLOY_ENV=prod npm run deploy             those of .env.prod; the names of everything end in -prod
  npm run deploy -- -y                       options behind -- are those of "s deploy"; -y asks nothing

Examples:
  npm run setup -- --dry-run && npm run deploy
  npm run deploy -- -a my-access             keys that Serverless Devs keeps under this name (s config add)

Keys: ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and, for temporary ones, ALIBABA_CLOUD_SECURITY_TOKEN,
from the shell or the file; without them those that Serverless Devs keeps under the name default. In CI set these, every
variable of .env.example that is needed, and -y: neither a file nor a prompt is needed then.

The exit code is 0 when it was deployed, 1 when something failed, and 2 for a mistake in the settings' names.`;

const spawned: Ports['run'] = (args, env, cwd) => {
  const child = spawn(process.execPath, args, { cwd, env, stdio: 'inherit' });
  // Ctrl-C reaches the child as well: what it says and its end are waited for.
  process.on('SIGINT', () => undefined);
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve(code ?? 1));
  });
};

async function main(args: string[]): Promise<void> {
  if (args[0] === '--help' || args[0] === '-h') {
    console.log(HELP);
    return;
  }
  const ports = { build: () => bundle(), run: spawned, tell: console.error };
  process.exitCode = await deploy(args, process.env, ROOT, ports);
}

run(() => main(process.argv.slice(2)));
