import http, { type Agent } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';

const MAX_SOCKETS = 64;

/**
 * Node servers close an idle connection after 5 s, and Function Compute freezes an instance between invocations, so that
 * the close is noticed only when a request is already lost on it. Younger sockets are safe to use again.
 */
const MAX_IDLE_MS = 4_000;

const KEPT_ALIVE = { keepAlive: true, maxSockets: MAX_SOCKETS };
/**
 * Without TLS a server's name is of no use. Node would work it out all the same, and compile its regular expression of IPv6
 * addresses for that: 4 ms of the first request.
 */
const PLAIN = { ...KEPT_ALIVE, servername: '' };

const agents = new Map<string, Agent>();
const idleSince = new WeakMap<object, number>();

/** The keep-alive agent of the URL's protocol, made when first asked for; drops the sockets that were idle too long. */
export function agentFor(url: URL): Agent {
  const known = agents.get(url.protocol);
  const agent = known ?? newAgent(url.protocol);
  if (known === undefined) agents.set(url.protocol, agent);
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) {
      if (Date.now() - (idleSince.get(socket) ?? 0) > MAX_IDLE_MS) socket.destroy();
    }
  }
  return agent;
}

/** Node unrefs the idle sockets of an agent itself: they do not keep the process alive. */
function newAgent(protocol: string): Agent {
  const agent = protocol === 'https:' ? new https.Agent(KEPT_ALIVE) : new http.Agent(PLAIN);
  agent.on('free', (socket: Socket) => idleSince.set(socket, Date.now()));
  return agent;
}
