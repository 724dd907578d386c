import { existsSync, readdirSync, statSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureBundle } from '../../bin/build.ts';
import type { Json } from '../../lib/types.ts';
import { KEY, openWorld, recordLetter, returned, threw, traceId, type World } from './viewer-world.ts';

const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
const HOSTILE = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;

it('is small: all of the page is less than 64 KiB', () => {
  const bytes = readdirSync('viewer').reduce((sum, name) => sum + statSync(`viewer/${name}`).size, 0);
  expect(bytes).toBeLessThan(64 * 1024);
});

// Without a Chromium there is nothing to open the page with: set CHROMIUM_PATH.
describe.skipIf(!existsSync(CHROMIUM))('the page', { timeout: 60_000 }, () => {
  let browser: Browser;
  let world: World;
  let page: Page;
  let wrongs: string[];
  let foreign: string[];

  beforeAll(async () => {
    const args = ['--no-sandbox', '--disable-gpu', '--no-first-run', ...QUIET];
    browser = await chromium.launch({ executablePath: CHROMIUM, args });
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    world = await openWorld();
    [wrongs, foreign] = [[], []];
  });
  afterEach(async () => {
    await page?.context().close();
    await world.close();
    expect(wrongs).toEqual([]);
    expect(foreign).toEqual([]);
  });

  async function open(hash = '', options: BrowserContextOptions = {}): Promise<void> {
    const context = await browser.newContext({ timezoneId: 'Asia/Shanghai', ...options });
    page = await context.newPage();
    page.setDefaultTimeout(30_000);
    page.on('pageerror', ({ message }) => wrongs.push(message));
    page.on('console', (message) => message.type() === 'error' && wrongs.push(message.text()));
    page.on('request', (request) => {
      if (!request.url().startsWith(world.viewer.url)) foreign.push(request.url());
    });
    await page.goto(`${world.viewer.url}/${hash}`);
    await page.locator('#count-traces:not(:empty)').waitFor();
  }

  const rows = () => page.getByRole('option').filter({ has: page.locator('b') });

  it('shows traces as they arrive, without being asked again', async () => {
    await open();
    expect(await page.textContent('main')).toContain('No trace has arrived yet');
    expect(await page.locator('.heading').isVisible()).toBe(false);
    await world.send({ n: 1, name: 'first', model: 'qwen-max', user: 'ann' }, { n: 2, name: 'second', level: 'ERROR' });
    await rows().nth(1).waitFor();
    expect(await rows().allTextContents()).toEqual([
      expect.stringContaining('second'),
      expect.stringContaining('first'),
    ]);
    expect(await rows().first().textContent()).toMatch(/20:00:02.*500 ms.*ERROR/);
    await page.getByText('live', { exact: true }).waitFor();
    world.viewer.finish();
    await page.getByText('run ended').waitFor();
  });

  it('filters by text, user, model, level and time, and takes it all back', async () => {
    const [models, users] = [
      ['qwen-max', 'glm-4', 'gpt-4o'],
      ['ann', 'bob'],
    ];
    const spans = Array.from({ length: 12 }, (_, n) => ({
      n: n + 1,
      model: models[n % 3] ?? '',
      user: users[n % 2] ?? '',
    }));
    await world.send(...spans, { n: 13, name: 'odd one', level: 'WARNING' });
    await open();
    const said = page.locator('.said');
    const shown = async (text: string) => expect.poll(() => said.textContent()).toContain(text);
    await shown('13 traces');
    await page.getByLabel('user').selectOption('ann');
    await shown('6 traces of 13');
    await page.getByLabel('model').selectOption('glm-4');
    await shown('2 traces of 13');
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByLabel('level').selectOption('WARNING');
    await shown('1 trace of 13');
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.keyboard.press('/');
    await page.keyboard.type(`${traceId(5)}`);
    await shown('1 trace of 13');
    await page.getByLabel('Search').fill('odd one');
    await shown('1 trace of 13');
    await page.getByLabel('Search').fill('');
    await page.getByLabel('from (UTC+8)').fill('2026-11-21T20:00:03');
    await page.getByLabel('to (UTC+8)').fill('2026-11-21T20:00:05');
    await shown('3 traces of 13');
    await page.getByLabel('Search').fill('nobody');
    await page.getByText('No trace passes these filters').waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    await shown('13 traces');
  });

  it('shows a trace as a tree over time with first token, tokens, cost, and contents pretty or raw', async () => {
    const input = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Where is it?' },
    ];
    const call = { id: 'call_1', type: 'function', function: { name: 'track_order', arguments: '{"order":"A-1"}' } };
    const output = { role: 'assistant', content: null, reasoning_content: 'Look it up.', tool_calls: [call] };
    const told = { usage: { input: 20, output: 5, total: 25 }, cost: { total: 0.0012 } };
    await world.send(
      { n: 1, name: 'agent', at: 0, ms: 4000 },
      { n: 2, trace: 1, parent: 1, name: 'answer', at: 1000, ms: 2000, first: 500, input, output, ...told },
    );
    await open(`#traces/${traceId(1)}`);
    expect(await page.locator('.numbers').textContent()).toBe(
      'Latency4.00 sFirst token1.50 sTokens25Cost$0.0012Calls2',
    );
    const bars = page.getByRole('button', { name: /generation/ });
    expect(await bars.allTextContents()).toEqual([
      expect.stringContaining('agent'),
      expect.stringContaining('↳ answer'),
    ]);
    await bars.nth(1).click();
    const [whole, own, mark] = await Promise.all(
      [page.locator('.fall .track').nth(2), bars.nth(1).locator('.bar'), bars.nth(1).locator('.first')].map((at) =>
        at.boundingBox(),
      ),
    );
    const share = (x = 0) => (x - (whole?.x ?? 0)) / (whole?.width ?? 1);
    expect(share(own?.x)).toBeCloseTo(0.25, 1);
    expect((own?.width ?? 0) / (whole?.width ?? 1)).toBeCloseTo(0.5, 1);
    expect(share((mark?.x ?? 0) + 1)).toBeCloseTo(0.375, 1);
    expect(await page.locator('.bubble').allTextContents()).toEqual([
      'systemBe brief.',
      'userWhere is it?',
      expect.stringMatching(/^assistant.*Reasoning.*track_order call_1.*order: A-1/),
    ]);
    await page.getByRole('group', { name: 'Output as' }).getByRole('button', { name: 'raw' }).click();
    expect(JSON.parse((await page.locator('pre').textContent()) ?? '')).toEqual(output);
  });

  it('shows text as text, wherever it comes from', async () => {
    const nested = { __proto__: null, [HOSTILE]: [HOSTILE], deep: { text: HOSTILE } };
    await world.send({
      ...{ n: 1, name: HOSTILE, user: HOSTILE, model: HOSTILE, output: { role: HOSTILE, content: HOSTILE } },
      input: [
        {
          role: 'user',
          content: [
            { type: 'text', text: HOSTILE },
            { type: 'image_url', image_url: { url: 'https://evil.example/pixel.png' } },
          ],
        },
        nested,
      ],
    });
    const letter = recordLetter(1);
    if (letter.kind === 'record') world.store(KEY, [{ ...letter, rejection: { why: 'unreadable', message: HOSTILE } }]);
    await open(`#traces/${traceId(1)}`);
    await page.getByRole('heading', { name: HOSTILE }).first().waitFor();
    const closed = page.locator('.detail details:not([open]) > summary');
    while ((await closed.count()) > 0) await closed.first().click();
    expect(await page.locator('main img, main script').count()).toBe(0);
    await page.getByRole('link', { name: /Models/ }).click();
    await page.locator('table').getByText(HOSTILE).waitFor();
    await page.getByRole('link', { name: /Dead letters/ }).click();
    await page.locator('summary').first().click();
    await page.locator('.letter').getByText(HOSTILE).waitFor();
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(await page.title()).toBe('sls-langfuse viewer');
  });

  it('folds what is large and deep, and stays quick', async () => {
    let deep: Json = {};
    for (let i = 0; i < 150; i++) deep = { deep };
    const input = { list: Array.from({ length: 5_000 }, (_, i) => ({ i })), deep, words: 'long '.repeat(100_000) };
    await world.send({ n: 1, input, output: 'y'.repeat(300_000) });
    await open(`#traces/${traceId(1)}`);
    await page.getByText('[ 5000 ]').click();
    await page.getByRole('button', { name: '4900 more' }).click();
    await page.getByRole('button', { name: '4800 more' }).waitFor();
    await page.getByRole('button', { name: 'Show all 300,000 characters' }).click();
    expect((await page.locator('.bubble .words').textContent())?.length).toBe(300_000);
  });

  it('scrolls through 2,000 traces with few elements, and keeps its place when more arrive', async () => {
    const many = Array.from({ length: 2_000 }, (_, n) => ({ n: n + 1, at: n * 100 }));
    await world.send(...many);
    await open();
    await rows().first().waitFor();
    expect(await rows().count()).toBeLessThan(60);
    const list = page.getByRole('listbox');
    await list.focus();
    await page.keyboard.press('End');
    await page.locator(`#row-${traceId(1)}`).waitFor();
    await page.keyboard.press('Home');
    for (let i = 0; i < 100; i++) await page.keyboard.press('ArrowDown');
    const chosen = page.locator('[aria-selected=true]');
    const before = await chosen.boundingBox();
    const name = await chosen.locator('b').innerText();
    await world.send({ n: 3_000, at: 3_000_000 }, { n: 3_001, at: 3_001_000 });
    await page.getByText('2,002 traces').waitFor();
    expect(await chosen.boundingBox()).toEqual(before);
    expect(await chosen.locator('b').innerText()).toBe(name);
    // Its contents are asked for one trace at a time.
    await page.locator('.detail h2', { hasText: name }).waitFor();
    expect(await list.getAttribute('aria-activedescendant')).toBe(await chosen.getAttribute('id'));
  });

  it('draws calls and tokens of each model, with their sums in a table', async () => {
    const qwen = { model: 'qwen-max', usage: { input: 10, output: 5, total: 15 } };
    await world.send({ n: 1, ...qwen, first: 100 }, { n: 30, ...qwen }, { n: 60, model: 'glm-4', level: 'ERROR' });
    await open('#models');
    const charts = page.getByRole('img', { name: /over time/ });
    // A chart is drawn once its width is known, and anew with each state: all of it is looked at until it is all there.
    const drawn = () =>
      charts.evaluateAll((all) => all.map((chart) => chart.querySelectorAll('rect').length).join(' and '));
    await expect.poll(drawn).toBe('3 and 2');
    await expect
      .poll(() => charts.nth(1).locator('text').allTextContents())
      .toEqual(expect.arrayContaining(['tokens', 'begin of the call (UTC+8)', '20:00:00']));
    expect(await page.getByRole('row').allTextContents()).toEqual([
      expect.stringContaining('ModelCalls'),
      'qwen-max20201030–500 ms500 ms100 ms',
      'glm-411000–500 ms500 ms–',
    ]);
  });

  it('shows dead letters with their records, and replays them', async () => {
    await ensureBundle();
    world.store(KEY, [recordLetter(1), recordLetter(2)]);
    await open('#letters');
    await page.getByText('2 letters waiting in 1 object').waitFor();
    await page.locator('summary').first().click();
    expect(await page.locator('.letter').first().textContent()).toMatch(
      /1 of 2 refusedmodel: too longStatus413Attempts2.*proj\/store\/0/,
    );
    await page.locator('.letter summary').first().click();
    await page.locator('.letter').getByText('request_id: ').first().waitFor();
    await page.getByRole('button', { name: `Replay ${KEY}` }).click();
    await page.getByText('2 letters in 1 object = 2 settled + 0 kept + 0 parked').waitFor();
    await page.getByText('No dead letter').waitFor();
    await expect.poll(() => page.textContent('#count-traces')).toBe('2');
  });

  it('keeps a letter open while others come', async () => {
    world.store(KEY, [recordLetter(1)]);
    await open('#letters');
    await page.locator('summary').first().click();
    await page.locator('.letter').waitFor();
    world.store(KEY.replace('1-a', '0-a'), [recordLetter(2)]);
    await page.getByText('2 letters waiting in 2 objects').waitFor();
    expect(await page.locator('.letter').count()).toBe(1);
  });

  it('shows the receipts as an equation, and the invocations that failed', async () => {
    world.viewer.add(returned(), 0);
    world.viewer.add(returned({ read: 10, delivered: 8 }), 1);
    world.viewer.add(threw());
    await open('#receipts');
    await page.locator('.equation').waitFor();
    expect(await page.locator('.equation').textContent()).toMatch(
      /^13read=9delivered\+2skipped\+2in dead letters✓ It balances1 of 3/,
    );
    expect(await page.locator('tbody').textContent()).toMatch(/InvocationError SLS refused/);
    world.viewer.add(returned({ read: 99 }), 1);
    await page.getByText('It does not balance').waitFor();
  });

  it.each(['light', 'dark'] as const)(
    'is all there on a narrow screen, %s, and never wider than it',
    async (colorScheme) => {
      await world.send({
        n: 1,
        name: 'a-very-long-name-'.repeat(20),
        output: 'w'.repeat(2_000),
        model: 'm'.repeat(80),
      });
      world.store(KEY, [recordLetter(1)]);
      world.viewer.add(returned(), 0);
      await open('', { viewport: { width: 600, height: 800 }, colorScheme });
      await rows().first().click();
      await page.getByRole('link', { name: 'All traces' }).waitFor();
      for (const name of ['Traces', 'Models', 'Dead letters', 'Receipts']) {
        await page.getByRole('link', { name: new RegExp(`^${name}`) }).click();
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(600);
      }
      expect(await page.evaluate('getComputedStyle(document.body.firstElementChild).backgroundColor')).toBe(
        colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(26, 30, 40)',
      );
    },
  );

  it('goes back and forth with the browser and Escape', async () => {
    await world.send({ n: 1, name: 'one' }, { n: 2, name: 'two' });
    await open();
    await rows().first().click();
    await page.getByRole('heading', { name: 'two' }).first().waitFor();
    await rows().nth(1).click();
    await page.getByRole('heading', { name: 'one' }).first().waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'two' }).first().waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('Choose a trace').waitFor();
  });
});
