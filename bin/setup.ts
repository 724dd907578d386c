import { parseArgs } from 'node:util';
import { ROOT } from './build.ts';
import { deploymentOf } from './env.ts';
import { told } from './letters/failure.ts';
import { fail, run } from './run.ts';
import { planOf } from './setup/plan.ts';
import { type SetupOptions, stepsFor } from './setup/setup.ts';
import { carryOut, type Outcomes } from './setup/step.ts';

const HELP = `Makes what a deployment needs and Serverless Devs does not: RAM roles with the least rights, the bucket for dead
letters, and the logstores for the functions' and the trigger's log.

  npm run -s setup -- [options]

  --dry-run            only looks, and tells what would be made or changed
  --env NAME           the environment, as DEPLOY_ENV=NAME: reads .env.NAME, and every name ends in -NAME
  --kms-key ID         encrypts the bucket with this key of KMS, and allows the functions to use it (at first: AES256)
  --parked-days N      deletes parked letters after N days; 0: never, as at first. Letters that wait are never deleted

Examples:
  npm run -s setup -- --dry-run
  npm run -s setup -- --env prod --parked-days 180

It can be run at any time, and again after a failure: it looks at each thing first, makes what is missing, changes what
differs from what the functions need, deletes nothing, and leaves the rest as it is. An option that is not given leaves
what it sets as it is. Run it again after a change of SLS_LOGSTORE, DEAD_LETTER_BUCKET, DEAD_LETTER_PREFIX or CHECKPOINT:
the rights name them.

Settings: ACCOUNT_ID, REGION, SLS_PROJECT, SLS_LOGSTORE, DEAD_LETTER_BUCKET and the names in .env.example, from .env or the
shell; ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_SECURITY_TOKEN. RAM_ENDPOINT,
OSS_ENDPOINT and SLS_ENDPOINT replace the public endpoints.

Rights it needs: ram:Get*, ram:List*, ram:CreateRole, ram:UpdateRole, ram:CreatePolicy, ram:CreatePolicyVersion,
ram:DeletePolicyVersion, ram:AttachPolicyToRole; oss:GetBucketInfo, oss:PutBucket, oss:Get/PutBucketEncryption,
oss:Get/PutBucketLifecycle; log:GetLogStore, log:CreateLogStore, log:GetIndex, log:CreateIndex, log:UpdateIndex.

Why not Terraform or ROS: both want a state or a stack of their own beside that of Serverless Devs, and a tool or a service
to learn, for a handful of things that are made once. This asks the account itself what is there, so it also takes over
what was made by hand.

The exit code is 0 when everything is there (with --dry-run: when everything could be looked at), 1 when something failed,
and 2 for a mistake in the command or the settings.`;

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      'dry-run': { type: 'boolean', default: false },
      env: { type: 'string' },
      'kms-key': { type: 'string' },
      'parked-days': { type: 'string' },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const stage = values.env;
  const { env, file } = deploymentOf({ ...process.env, ...(stage !== undefined && { DEPLOY_ENV: stage }) }, ROOT);
  const plan = planOf(env, file);
  const dryRun = values['dry-run'];
  await told(async () => {
    const steps = stepsFor(plan, env, optionsOf(values));
    report(await carryOut(steps, dryRun, console.log), dryRun, stage ?? env.DEPLOY_ENV);
  });
}

function optionsOf(values: { 'kms-key'?: string | undefined; 'parked-days'?: string | undefined }): SetupOptions {
  const { 'kms-key': kmsKey, 'parked-days': days } = values;
  if (kmsKey !== undefined && !/^[\w-]{1,64}$/.test(kmsKey))
    fail(`--kms-key ${kmsKey}: expected the id of a key in KMS.`);
  if (days !== undefined && !/^\d{1,4}$/.test(days)) fail(`--parked-days ${days}: expected a whole number up to 9999.`);
  return { ...(kmsKey !== undefined && { kmsKey }), ...(days !== undefined && { parkedDays: Number(days) }) };
}

function report(outcomes: Outcomes, dryRun: boolean, stage: string | undefined): void {
  const counts = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  const prefix = stage ? `DEPLOY_ENV=${stage} ` : '';
  const failed = outcomes.failed !== undefined;
  if (failed) process.exitCode = 1;
  const done = dryRun ? 'Nothing was changed.' : `Next: ${prefix}npm run deploy`;
  console.log(`\n${counts.join(', ')}. ${failed ? 'Put right what failed and run this again.' : done}`);
}

run(() => main(process.argv.slice(2)));
