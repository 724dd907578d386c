import type { ServerResponse } from 'node:http';

/** Server-sent events: tells the pages that are open of each version there is to read. */
export class Events {
  readonly #open = new Set<ServerResponse>();
  #told = -1;

  /** Whether anybody listens. */
  get heard(): boolean {
    return this.#open.size > 0;
  }

  /** Keeps an answer open for events; it begins with the current version. */
  add(response: ServerResponse, headers: Readonly<Record<string, string>>, version: number): void {
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' });
    response.write(`retry: 1000\n${eventOf(version)}`);
    this.#open.add(response);
    response.on('close', () => this.#open.delete(response));
  }

  tell(version: number): void {
    if (version === this.#told) return;
    this.#told = version;
    for (const response of this.#open) response.write(eventOf(version));
  }

  close(): void {
    for (const response of this.#open) response.end();
    this.#open.clear();
  }
}

function eventOf(version: number): string {
  return `event: version\ndata: ${version}\n\n`;
}
