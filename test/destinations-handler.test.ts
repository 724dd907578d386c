import { afterEach, describe, expect, it } from 'vitest';
import type { Receipt } from '../lib/types.ts';
import { type LangfuseStandIn, startLangfuse } from './stand-ins/langfuse.ts';
import { House, resultOf, useHouses } from './support/house.ts';
import { checkBalance, groups, PAGES } from './support/tenants.ts';

describe('the built function with ROUTES', () => {
  useHouses();
  let tenant: LangfuseStandIn | undefined;
  afterEach(() => tenant?.close());

  it('ships each call to its project, letters what a project with a wrong key refuses, and replays it there', async () => {
    const house = await House.open();
    tenant = await startLangfuse({ publicKey: 'pk-lf-tenant', secretKey: 'sk-lf-tenant' });
    const { begin: beginCursor, end: endCursor } = house.sls.load('proj', 'store', 1, groups);
    const event = JSON.parse(house.event());
    const ranged = JSON.stringify({ ...event, source: { ...event.source, shardId: 1, beginCursor, endCursor } });
    const ROUTES = JSON.stringify([
      {
        name: 'tenant',
        when: { status: '5xx' },
        publicKey: 'pk-lf-tenant',
        secretKey: '$TENANT_KEY',
        host: tenant.url,
      },
    ]);
    const wrong = await house.instance('ship', { ROUTES, TENANT_KEY: 'sk-lf-wrong' }).invoke(ranged);
    const receipt = resultOf<Receipt>(wrong);
    checkBalance(receipt);
    expect(receipt.destinations).toEqual({
      default: { read: PAGES, delivered: PAGES, lettered: {} },
      tenant: { read: PAGES, delivered: 0, lettered: { refused: PAGES } },
    });
    expect([house.langfuse.observations().length, tenant.observations().length]).toEqual([PAGES, 0]);
    const replay = house.instance('replay', { ROUTES, TENANT_KEY: 'sk-lf-tenant' });
    expect(resultOf<object>(await replay.invoke('{}'))).toMatchObject({ letters: PAGES, settled: PAGES, kept: 0 });
    expect([house.langfuse.observations().length, tenant.observations().length]).toEqual([PAGES, PAGES]);
    expect(tenant.observations().every(({ level }) => level === 'ERROR')).toBe(true);
  });
});
