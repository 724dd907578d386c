import { describe, expect, it } from 'vitest';
import { closest } from '../lib/closest.ts';
import { type Env, parseConfig } from '../lib/config.ts';
import { InvocationError } from '../lib/errors.ts';

const SECRET = 'sk-lf-very-secret';
const LEAST: Env = {
  LANGFUSE_HOST: 'https://langfuse.example.com',
  LANGFUSE_PUBLIC_KEY: 'pk-lf-1',
  LANGFUSE_SECRET_KEY: SECRET,
  DEAD_LETTER_BUCKET: 'my-bucket',
};

function problems(env: Env): string[] {
  try {
    parseConfig(env);
  } catch (error) {
    if (!(error instanceof InvocationError)) throw error;
    expect(error.code).toBe('config');
    expect(error.message).not.toContain(SECRET);
    return error.message.split('\n').slice(1);
  }
  return [];
}

describe('parseConfig', () => {
  it('needs four settings and has a default for the rest', () => {
    expect(parseConfig(LEAST)).toEqual({
      langfuse: {
        host: 'https://langfuse.example.com',
        publicKey: 'pk-lf-1',
        secretKey: SECRET,
        timeoutMs: 30_000,
        transport: 'auto',
        concurrency: 16,
      },
      letters: { bucket: 'my-bucket', prefix: 'sls-langfuse', maxReplays: 5 },
      sls: { signature: 'v4' },
      log: { format: 'json', level: 'info', colour: false },
      onOutage: 'dead-letter',
      checkpoint: 'auto',
      view: { timeZone: 'UTC', redaction: { rules: [] } },
    });
  });

  it('takes every setting', () => {
    const config = parseConfig({
      ...LEAST,
      LANGFUSE_HOST: ' https://langfuse.example.com/base// ',
      LANGFUSE_TIMEOUT: '12.5',
      LANGFUSE_TRANSPORT: 'ingestion',
      LANGFUSE_ENVIRONMENT: 'prod',
      LANGFUSE_RELEASE: 'v1',
      DEAD_LETTER_PREFIX: '/a/b/',
      OSS_ENDPOINT: 'http://127.0.0.1:9000',
      SLS_ENDPOINT: 'cn-hangzhou.log.aliyuncs.com',
      SLS_SIGNATURE: 'v1',
      LOG_FORMAT: 'human',
      LOG_LEVEL: 'debug',
      TZ: 'Asia/Shanghai',
    });
    expect(config).toMatchObject({
      langfuse: {
        host: 'https://langfuse.example.com/base',
        timeoutMs: 12_500,
        transport: 'ingestion',
        environment: 'prod',
        release: 'v1',
      },
      letters: { prefix: 'a/b', endpoint: 'http://127.0.0.1:9000' },
      sls: { signature: 'v1', endpoint: 'cn-hangzhou.log.aliyuncs.com' },
      log: { format: 'human', level: 'debug' },
      view: { timeZone: 'Asia/Shanghai' },
    });
  });

  it('tells three mistakes in one message, each with what to set', () => {
    const { LANGFUSE_PUBLIC_KEY: _, ...env } = LEAST;
    const said = problems({ ...env, LANGFUSE_HOST: 'langfuse.example.com', LANGFUSE_TIMEOUT: 'soon' });
    expect(said).toHaveLength(3);
    expect(said.join()).toMatch(
      /LANGFUSE_HOST must be .*LANGFUSE_PUBLIC_KEY is not set.*LANGFUSE_TIMEOUT must be a number/,
    );
  });

  it('knows nothing in an empty environment but the four that are missing', () => {
    expect(problems({ PATH: '/bin', constructor: 'x' })).toHaveLength(4);
  });

  it('takes an empty value as absent', () => {
    const empty = { LANGFUSE_TIMEOUT: '', LANGFUSE_ENVIRONMENT: '  ', LANGFUSE_BASE_URL: '', LANGFUSE_SECRET: '' };
    expect(parseConfig({ ...LEAST, ...empty })).toEqual(parseConfig(LEAST));
    expect(problems({ ...LEAST, LANGFUSE_SECRET_KEY: ' ' })).toEqual([
      expect.stringContaining('LANGFUSE_SECRET_KEY is not set'),
    ]);
  });

  it.each([
    ['LANGFUSE_SECRETKEY', 'LANGFUSE_SECRET_KEY'],
    ['LANGFUSE_BASEURL', 'LANGFUSE_BASE_URL'],
    ['LANGFUSE_TRANSPROT', 'LANGFUSE_TRANSPORT'],
    ['DEAD_LETTER_BUKCET', 'DEAD_LETTER_BUCKET'],
  ])('asks whether %s was meant to be %s, and shows no value', (name, meant) => {
    const said = problems({ ...LEAST, [name]: SECRET });
    expect(said).toEqual([`  - ${name} is no setting of this function; did you mean ${meant}?`]);
  });

  it('refuses a name it can make nothing of, without a guess', () => {
    expect(problems({ ...LEAST, LANGFUSE_FAVOURITE_COLOUR_OF_THE_YEAR: 'red' })).toEqual([
      '  - LANGFUSE_FAVOURITE_COLOUR_OF_THE_YEAR is no setting of this function',
    ]);
  });

  it.each([
    ['LANGFUSE_BASE_URL', 'LANGFUSE_HOST', 'https://langfuse.example.com'],
    ['LANGFUSE_SDK_TIMEOUT', 'LANGFUSE_TIMEOUT', '7'],
  ])('takes %s for %s, also beside it when they agree, and refuses them when they differ', (alias, name, value) => {
    const { [name]: _, ...env } = LEAST;
    const expected = parseConfig({ ...LEAST, [name]: value });
    expect(parseConfig({ ...env, [alias]: value })).toEqual(expected);
    expect(parseConfig({ ...env, [alias]: value, [name]: value })).toEqual(expected);
    const other = name === 'LANGFUSE_HOST' ? 'https://other.example.com' : '8';
    expect(problems({ ...env, [alias]: value, [name]: other })).toEqual([expect.stringContaining(name)]);
  });

  it.each([
    ['LANGFUSE_HOST', 'ftp://x'],
    ['LANGFUSE_HOST', 'https://user:sk-lf-very-secret@x'],
    ['LANGFUSE_HOST', 'https://x/?key=sk-lf-very-secret'],
    ['LANGFUSE_TIMEOUT', '0'],
    ['LANGFUSE_TIMEOUT', '601'],
    ['LANGFUSE_TIMEOUT', 'Infinity'],
    ['LANGFUSE_TRANSPORT', 'grpc'],
    ['LANGFUSE_ENVIRONMENT', 'Prod'],
    ['LANGFUSE_ENVIRONMENT', 'langfuse-prod'],
    ['LANGFUSE_ENVIRONMENT', 'a'.repeat(41)],
    ['LANGFUSE_RELEASE', 'a'.repeat(201)],
    ['DEAD_LETTER_BUCKET', 'My_Bucket'],
    ['DEAD_LETTER_PREFIX', 'a b'],
    ['OSS_ENDPOINT', 'oss endpoint'],
    ['SLS_ENDPOINT', 'a/b'],
    ['SLS_SIGNATURE', 'v2'],
    ['LOG_FORMAT', 'xml'],
    ['LOG_LEVEL', 'loud'],
    ['TZ', 'Mars/Phobos'],
  ])('refuses %s=%s and says what it must be', (name, value) => {
    const said = problems({ ...LEAST, [name]: value });
    expect(said).toEqual([expect.stringMatching(new RegExp(`^  - ${name} must`))]);
  });

  it.each(['Asia/Shanghai', 'UTC', 'Europe/Berlin'])('takes the time zone %s', (TZ) => {
    expect(parseConfig({ ...LEAST, TZ }).view.timeZone).toBe(TZ);
  });
});

describe('closest', () => {
  it.each([
    ['LOG_LEVLE', ['LOG_LEVEL', 'LOG_FORMAT'], 'LOG_LEVEL'],
    ['abc', ['xyz'], undefined],
    ['abc', [], undefined],
    ['', ['ab'], 'ab'],
  ])('finds for %j among %j: %j', (name, known, expected) => {
    expect(closest(name, known)).toBe(expected);
  });
});
