import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { listen } from '../stand-ins/listen.ts';

/** A server that takes everything that is delivered, and keeps the bytes of it. */
export interface Recorder {
  readonly url: string;
  /** The bodies since the last call, unzipped. */
  take(): Buffer[];
  close(): Promise<void>;
}

export async function startRecorder(version: string): Promise<Recorder> {
  let bodies: Buffer[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
      if (request.method === 'POST') bodies.push(body);
      const batch = request.url === '/api/public/ingestion' ? idsIn(body) : [];
      const answer = { version, errors: [], successes: batch.map((id) => ({ id, status: 201 })) };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    });
  });
  const take = () => {
    const taken = bodies;
    bodies = [];
    return taken;
  };
  return { ...(await listen(server)), take };
}

function idsIn(body: Buffer): string[] {
  const { batch } = JSON.parse(body.toString()) as { batch: { id: string }[] };
  return batch.map(({ id }) => id);
}
