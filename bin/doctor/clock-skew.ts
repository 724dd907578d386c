import { type HttpResponse, request } from '../../lib/http.ts';
import { addressOf } from '../../lib/sls/endpoint.ts';
import type { Clock } from '../../lib/types.ts';
import { publicEndpoints } from '../letters/settings.ts';
import type { Configured } from './configuration.ts';
import type { Place } from './deployment.ts';
import { type Finding, fail, ok, warn } from './exam.ts';

/** SLS and OSS refuse a request whose date is further off. Simple Log Service "Request signatures". */
const REFUSED_MS = 15 * 60_000;
const SUSPECT_MS = 60_000;
const TIMEOUT_MS = 5_000;

interface Reading {
  readonly server: string;
  /** Milliseconds that this machine is ahead. */
  readonly skew: number;
  /** Whether the server refuses what is signed at another time. */
  readonly strict: boolean;
}

/** Compares this machine's clock with what the servers say in their Date header, whatever they answer. */
export async function checkClock(
  { configured: { config }, place }: { configured: Configured; place: Place },
  clock: Clock,
  signal: AbortSignal,
): Promise<Finding<never>> {
  const usual = publicEndpoints(place.region);
  const sls = addressOf(place.source?.project ?? 'any', urlOf(config.sls.endpoint ?? usual.SLS_ENDPOINT));
  const oss = urlOf(config.letters.endpoint ?? usual.OSS_ENDPOINT);
  const health = new URL(`${config.langfuse.host}/api/public/health`);
  const readings = await Promise.all([
    skewOf({ server: 'SLS', strict: true }, sls.origin, { Host: sls.host }, clock, signal),
    skewOf({ server: 'OSS', strict: true }, oss, {}, clock, signal),
    skewOf({ server: 'Langfuse', strict: false }, health, {}, clock, signal),
  ]);
  return judged(readings.flatMap((reading) => reading ?? []));
}

function judged(readings: readonly Reading[]): Finding<never> {
  const off = readings.filter(({ skew }) => Math.abs(skew) > SUSPECT_MS);
  const refused = off.some(({ strict, skew }) => strict && Math.abs(skew) > REFUSED_MS);
  const list = (some: readonly Reading[]) => some.map(({ server }) => server).join(', ');
  if (readings.length === 0) return warn('No server told the time.', 'See what the other checks say.');
  if (off.length === 0) return ok(`The clock agrees with ${list(readings)} to within a minute.`);
  const message = off.map(({ server, skew }) => `The clock is ${inWords(skew)} that of ${server}.`).join(' ');
  const whose = off.every(({ strict }) => !strict) ? 'the Langfuse server' : 'this machine';
  const next = `Set the clock of ${whose} (NTP).`;
  return refused ? fail(`${message} More than 15 minutes are refused.`, next) : warn(message, next);
}

function inWords(skew: number): string {
  const minutes = Math.abs(skew) / 60_000;
  return `${minutes.toFixed(minutes < 10 ? 1 : 0)} minutes ${skew > 0 ? 'ahead of' : 'behind'}`;
}

async function skewOf(
  of: Omit<Reading, 'skew'>,
  url: URL,
  headers: Record<string, string>,
  clock: Clock,
  signal: AbortSignal,
): Promise<Reading | undefined> {
  const before = clock.now();
  const answer = await request({ method: 'GET', url, headers, timeoutMs: TIMEOUT_MS, signal }).catch(() => undefined);
  const told = answer && dateIn(answer);
  if (told === undefined) return undefined;
  // The header has whole seconds.
  return { ...of, skew: (before + clock.now()) / 2 - (told + 500) };
}

function dateIn(answer: HttpResponse): number | undefined {
  answer.discard();
  const date = Date.parse(answer.headers.date ?? '');
  return Number.isNaN(date) ? undefined : date;
}

function urlOf(endpoint: string): URL {
  return new URL(endpoint.includes('://') ? endpoint : `https://${endpoint}`);
}
