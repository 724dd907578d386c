/** Makes the addresses of traces in the interface of the Langfuse that the settings name. */
export async function traceLinks(env: Readonly<Record<string, string>>): Promise<(traceId: string) => string> {
  const host = (env.LANGFUSE_HOST ?? '').replace(/\/+$/, '');
  const project = await projectId(host, env).catch(() => undefined);
  return (traceId) => (project ? `${host}/project/${project}/traces/${traceId}` : `${host}/trace/${traceId}`);
}

async function projectId(host: string, env: Readonly<Record<string, string>>): Promise<string | undefined> {
  const keys = Buffer.from(`${env.LANGFUSE_PUBLIC_KEY}:${env.LANGFUSE_SECRET_KEY}`).toString('base64');
  const response = await fetch(`${host}/api/public/projects`, {
    headers: { authorization: `Basic ${keys}` },
    signal: AbortSignal.timeout(5_000),
  });
  const { data } = (await response.json()) as { data?: { id?: string }[] };
  return data?.[0]?.id;
}
