import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { Result } from '../../bin/doctor/exam.ts';
import { type Fault, type LangfuseOptions, type LangfuseStandIn, startLangfuse } from '../stand-ins/langfuse.ts';
import { listen } from '../stand-ins/listen.ts';
import { Clinic } from './doctor-clinic.ts';

const HTML = '<html><body>Welcome</body></html>';

let clinic: Clinic;
const seen: Result[] = [];
const more: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all([clinic, ...more.splice(0)].map((each) => each.close()));
  const results = seen.splice(0);
  expect(JSON.stringify(results)).not.toMatch(/secret-of|token-of|sk-lf-stand|sk-lf-team|Basic /);
  for (const { status, next } of results) if (status === 'fail' || status === 'warn') expect(next).toMatch(/\S/);
});

async function open(options: LangfuseOptions = {}): Promise<void> {
  clinic = await Clinic.open(options);
}

async function examine(...args: Parameters<Clinic['examine']>): Promise<Map<string, Result>> {
  const results = await clinic.examine(...args);
  seen.push(...results.values());
  return results;
}

function failing(message: RegExp, next: RegExp, status = 'fail') {
  return { status, message: expect.stringMatching(message), next: expect.stringMatching(next) };
}

function at(path: string, fault: Fault): void {
  clinic.langfuse.fault = (request) => (request.path.startsWith(path) ? fault : undefined);
}

describe('the health of Langfuse', () => {
  it('is told with its version', async () => {
    await open();
    const { url } = clinic.langfuse;
    expect((await examine()).get('langfuse')).toMatchObject({
      status: 'ok',
      message: `Langfuse 3.225.4 at ${url} is well.`,
    });
  });

  it.each<[string, Fault, RegExp, RegExp]>([
    ['another site', { kind: 'html-2xx' }, /is no Langfuse: it says HTTP 200 \(an HTML page\)/, /LANGFUSE_HOST/],
    ['a page that is not there', { kind: 'status', status: 404, body: HTML }, /is no Langfuse.* 404/, /LANGFUSE_HOST/],
    ['a redirect', { kind: 'status', status: 301 }, /is no Langfuse.* 301/, /leads on to; mind https/],
    ['a proxy alone', { kind: 'status', status: 502, body: HTML }, /is no Langfuse.* 502/, /whether Langfuse runs/],
    [
      'a server in trouble',
      { kind: 'status', status: 503, body: '{"status":"database down","version":"3.225.4"}' },
      /Langfuse 3\.225\.4 at .* is not well.* 503/,
      /database/,
    ],
    ['nothing', { kind: 'reset' }, /Langfuse not reached/, /LANGFUSE_HOST.*VPC/],
  ])('fails for %s, and the rest is skipped', async (_, fault, message, next) => {
    await open();
    at('/api/public/health', fault);
    const results = await examine({}, { write: true });
    expect(results.get('langfuse')).toMatchObject(failing(message, next));
    for (const name of ['langfuse-keys', 'langfuse-transport']) {
      expect(results.get(name)).toMatchObject({ status: 'skipped', message: 'Not checked: needs langfuse.' });
    }
    expect(results.get('langfuse-write')?.status).toBe('skipped');
    expect(clinic.langfuse.observations()).toEqual([]);
  });
});

describe('the keys of Langfuse', () => {
  it('are right when they read the name of their project', async () => {
    await open();
    expect((await examine()).get('langfuse-keys')).toMatchObject({
      status: 'ok',
      message: 'The keys are those of the project stand-in.',
    });
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['are wrong', { LANGFUSE_SECRET_KEY: 'sk-lf-team' }, /Copy both from Langfuse/],
    ['have changed places', { LANGFUSE_PUBLIC_KEY: 'sk-lf-team', LANGFUSE_SECRET_KEY: 'pk-lf-team' }, /changed places/],
  ])('fail when they %s', async (_, change, next) => {
    await open();
    const results = await examine(change, { write: true });
    expect(results.get('langfuse-keys')).toMatchObject(failing(/does not know the keys: HTTP 401/, next));
    expect(results.get('langfuse-write')?.message).toBe('Not checked: needs langfuse-keys.');
  });

  it.each<[number, string, string, RegExp]>([
    [403, '{"message":"Access denied"}', 'fail', /keys of a project, not of an organisation/],
    [404, '{"message":"Not Found"}', 'warn', /--write shows/],
    [500, '{"message":"Internal Server Error"}', 'fail', /Try again later/],
    [429, '{"message":"Too many"}', 'fail', /Try again later/],
    [200, HTML, 'fail', /LANGFUSE_HOST/],
  ])('say what to do when Langfuse answers %i', async (status, body, expected, next) => {
    await open();
    at('/api/public/projects', { kind: 'status', status, body });
    const result = (await examine()).get('langfuse-keys');
    expect(result).toMatchObject(failing(new RegExp(`HTTP ${status}`), next, expected));
  });
});

describe('the transport', () => {
  it.each<[LangfuseOptions, Record<string, string>, string, RegExp]>([
    [{ version: '3.225.4' }, {}, 'ok', /by otlp, which 3\.225\.4 takes\. What is sent twice is merged/],
    [{ version: '3.62.0' }, {}, 'warn', /by otlp, which 3\.62\.0 takes\. .*only from 3\.63\.0 on/],
    [{ version: '3.63.0' }, {}, 'ok', /by otlp, which 3\.63\.0 takes/],
    [{ version: '3.62.0' }, { LANGFUSE_TRANSPORT: 'ingestion' }, 'ok', /by ingestion/],
    [{ version: '3.21.0' }, {}, 'ok', /by ingestion, as 3\.21\.0 takes no OTLP/],
    [{ version: '4.16.0' }, {}, 'ok', /by otlp, which 4\.16\.0 takes\. .*seen twice.*progress is kept/],
    [{}, { LANGFUSE_TRANSPORT: 'ingestion' }, 'ok', /by ingestion, as LANGFUSE_TRANSPORT says/],
    [{ version: '4.16.0' }, { LANGFUSE_TRANSPORT: 'ingestion' }, 'warn', /refuses the ingestion API/],
    [{ version: '3.21.0' }, { LANGFUSE_TRANSPORT: 'otlp' }, 'fail', /takes no OTLP/],
    [{ version: '4.16.0' }, { CHECKPOINT: 'off' }, 'warn', /seen twice/],
  ])('of %o with %o is %s and says why', async (options, change, status, message) => {
    await open(options);
    const result = (await examine(change)).get('langfuse-transport');
    expect(result).toMatchObject({ status, message: expect.stringMatching(message) });
  });
});

describe('--write', () => {
  it('is the only way to leave a trace', async () => {
    await open();
    expect((await examine()).get('langfuse-write')).toMatchObject({
      status: 'skipped',
      message: expect.stringMatching(/--write/),
    });
    expect(clinic.langfuse.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it.each<[string, LangfuseOptions, Record<string, string>]>([
    ['by OTLP to 3', { version: '3.225.4' }, {}],
    ['by the ingestion API to 3', { version: '3.225.4' }, { LANGFUSE_TRANSPORT: 'ingestion' }],
    ['by OTLP to 4', { version: '4.16.0' }, {}],
  ])('sends one trace %s and reads it back', async (_, options, change) => {
    await open(options);
    const result = (await examine({ ...change, LANGFUSE_ENVIRONMENT: 'prod' }, { write: true })).get('langfuse-write');
    expect(result).toMatchObject({
      status: 'ok',
      message: expect.stringMatching(/named "sls-langfuse doctor", is shown/),
    });
    const stored = clinic.langfuse.rows();
    expect(stored).toMatchObject([{ name: 'sls-langfuse doctor', environment: 'prod' }]);
    const traces = options.version === '4.16.0' ? stored : clinic.langfuse.traces();
    expect(traces).toMatchObject([{ tags: ['doctor'] }]);
    expect(result?.message).toContain(stored[0]?.traceId);
  });

  it('waits for a Langfuse that is slow to show it', async () => {
    await open({ now: () => Date.now() + clinic.ahead, storeDelayMs: 30_000 });
    const result = (await examine({}, { write: true })).get('langfuse-write');
    expect(result).toMatchObject({ status: 'ok', message: expect.stringMatching(/after 3\d s\.$/) });
  });

  it('fails when Langfuse never shows it', async () => {
    await open({ now: () => Date.now() + clinic.ahead, storeDelayMs: 600_000 });
    const result = (await examine({}, { write: true })).get('langfuse-write');
    expect(result).toMatchObject(failing(/does not show it after 60 s/, /worker.*ClickHouse/));
  });

  it('fails when Langfuse does not take it', async () => {
    await open();
    at('/api/public/otel', { kind: 'status', status: 403, body: '{"message":"Ingestion suspended"}' });
    const result = (await examine({}, { write: true })).get('langfuse-write');
    expect(result).toMatchObject(failing(/did not take the trace \(refused\): HTTP 403 Ingestion suspended/, /keys/));
  });
});

describe('the projects of ROUTES', () => {
  const team = { name: 'team', when: { consumer: 'a' }, publicKey: 'pk-lf-team', secretKey: 'sk-lf-team' };
  const routesTo = (host?: string) => ({ ROUTES: JSON.stringify([{ ...team, ...(host && { host }) }]) });

  async function other(): Promise<LangfuseStandIn> {
    const langfuse = await startLangfuse({ version: '4.16.0', publicKey: team.publicKey, secretKey: team.secretKey });
    more.push(langfuse);
    return langfuse;
  }

  it('are checked each for itself, and written to', async () => {
    await open();
    const langfuse = await other();
    const results = await examine(routesTo(langfuse.url), { write: true });
    for (const name of ['langfuse', 'langfuse-keys', 'langfuse-transport', 'langfuse-write']) {
      expect([results.get(name)?.status, results.get(`${name}:team`)?.status]).toEqual(['ok', 'ok']);
    }
    expect([clinic.langfuse.rows().length, langfuse.rows().length]).toEqual([1, 1]);
  });

  it('fail by themselves, and a server of two projects is looked at once', async () => {
    await open();
    const results = await examine(routesTo());
    expect(results.has('langfuse:team')).toBe(false);
    expect(results.get('langfuse-keys')?.status).toBe('ok');
    expect(results.get('langfuse-keys:team')).toMatchObject(failing(/401/, /Copy both/));
  });

  it('tell of a host that is none', async () => {
    await open();
    const site = await listen(createServer((_, response) => response.end(HTML)));
    more.push(site);
    const results = await examine(routesTo(site.url));
    expect(results.get('langfuse:team')).toMatchObject(failing(/is no Langfuse/, /host, for a project of ROUTES/));
    expect(results.get('langfuse')?.status).toBe('ok');
  });
});
