import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A server that listens on loopback; `close()` also destroys the sockets that are still open. */
export interface Listening {
  readonly url: string;
  close(): Promise<void>;
}

/** Binds `server` to 127.0.0.1; port 0 means any free one. Rejects when the port is taken. */
export async function listen(server: Server, port = 0): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${bound}`, close: () => close(server, sockets) };
}

/** Closing twice is harmless: a test and its clean-up may both do it. */
function close(server: Server, sockets: Set<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });
}
