import { join } from 'node:path';
import type { Env } from '../../lib/config.ts';
import { deploymentOf } from '../env.ts';
import { settingOf } from '../letters/settings.ts';
import { planOf } from '../setup/plan.ts';

/** What a deployment does to the world. */
export interface Ports {
  /** Bundles the functions into dist/. */
  readonly build: () => Promise<unknown>;
  /** Runs a program of Node in `dir` with the terminal handed over, and returns its exit code. */
  readonly run: (args: readonly string[], env: Readonly<Record<string, string>>, dir: string) => Promise<number>;
  readonly tell: (line: string) => void;
}

/** Serverless Devs takes a variable whose name ends so for the keys of an access of that name. */
const ACCESS = 'sls_langfuse_serverless_devs_key';

/**
 * Builds, examines the settings without the network, and has Serverless Devs deploy `dir` with `args` behind `deploy`. Stops
 * at the first failure. Returns the exit code.
 *
 * @throws UsageError or InvocationError for names that cannot be deployed
 */
export async function deploy(args: readonly string[], shell: Env, dir: string, ports: Ports): Promise<number> {
  const { env, file } = deploymentOf(shell, dir);
  const { functions } = planOf(env, file);
  ports.tell(`Deploying ${functions.ship} and ${functions.replay} with ${file}.`);
  await ports.build();
  const unfit = await ports.run(['--import', 'tsx', join(dir, 'bin/doctor.ts'), '--offline'], env, dir);
  if (unfit !== 0) {
    ports.tell(`Nothing was deployed: the settings in ${file} have to be put right first.`);
    return unfit;
  }
  const program = join(dir, 'node_modules/@serverless-devs/s/bin/s');
  const failed = await ports.run([program, 'deploy', ...args, ...access(args, env)], { ...env, ...keys(env) }, dir);
  ports.tell(failed ? 'Serverless Devs did not deploy; what it said stands above.' : 'Deployed. Next: npm run doctor');
  return failed === 0 ? 0 : 1;
}

/** The keys that setup and doctor use, unless an access of Serverless Devs is asked for. */
function access(args: readonly string[], env: Env): string[] {
  const asked = args.some((arg) => /^(?:-a|--access)(?:=|$)/.test(arg));
  return asked || !keys(env)[ACCESS] ? [] : ['-a', ACCESS];
}

function keys(env: Env): Record<string, string> {
  const AccessKeyID = settingOf(env, 'ALIBABA_CLOUD_ACCESS_KEY_ID');
  const AccessKeySecret = settingOf(env, 'ALIBABA_CLOUD_ACCESS_KEY_SECRET');
  const SecurityToken = settingOf(env, 'ALIBABA_CLOUD_SECURITY_TOKEN');
  if (!AccessKeyID || !AccessKeySecret) return {};
  const AccountID = settingOf(env, 'ACCOUNT_ID');
  return { [ACCESS]: JSON.stringify({ AccountID, AccessKeyID, AccessKeySecret, SecurityToken }) };
}
