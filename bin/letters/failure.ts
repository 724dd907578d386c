import { InvocationError } from '../../lib/errors.ts';

/** Something that is not as it has to be, and not by a mistake in the command: shown as its message alone. */
export class Failure extends Error {}

/** Runs a command. An expected failure becomes a message on standard error and exit code 1; anything else is thrown. */
export async function told(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    const message = messageOf(error);
    if (message === undefined) throw error;
    console.error(message);
    process.exitCode = 1;
  }
}

function messageOf(error: unknown): string | undefined {
  if (error instanceof Failure || error instanceof InvocationError) return error.message;
  return error instanceof Error && isOssError(error) ? ossMessage(error) : undefined;
}

/** What `ali-oss` adds to its errors; a status below 0 stands for no answer. */
interface OssError extends Error {
  readonly code: string;
  readonly status: number;
}

function isOssError(error: Error): error is OssError {
  const { code, status } = error as Partial<OssError>;
  return typeof code === 'string' && typeof status === 'number';
}

function ossMessage({ code, status, message }: OssError): string {
  // The lines after the first repeat the headers.
  const [first = ''] = message.split('\n');
  if (status < 0) return `OSS did not answer (${code}): ${first}\nCheck REGION and OSS_ENDPOINT.`;
  const next =
    'Check DEAD_LETTER_BUCKET, REGION and OSS_ENDPOINT, and that the ALIBABA_CLOUD_* credentials are valid and allow ' +
    'oss:ListObjects, oss:GetObject, oss:PutObject and oss:DeleteObject there.';
  return `OSS refused with ${code} (${status}): ${first}\n${next}`;
}
