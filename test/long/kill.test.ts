import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ReplayReceipt } from '../../lib/replay.ts';
import type { FcInstance } from '../stand-ins/fc.ts';
import { House, PREFIX, resultOf, useHouses } from '../support/house.ts';

useHouses();

const TRIALS = process.env.LONG ? 110 : 5;
const PAGES = 14;
const WIDTH = 5;

/** When a process is killed: so many milliseconds after the so-manieth request that the world sees of it. */
const moment = fc.record({ request: fc.integer({ min: 1, max: 30 }), ms: fc.nat(12) });
const trial = fc.record({
  version: fc.constantFrom('3.225.4', '4.16.0'),
  ships: fc.array(moment, { minLength: 2, maxLength: 4 }),
  replays: fc.array(moment, { maxLength: 1 }),
  /** How long Langfuse takes for its requests, in turn. */
  delays: fc.array(fc.nat(15), { minLength: 1, maxLength: 5 }),
  /** Whether Langfuse refuses a call of some pages, until the replays. */
  refuses: fc.boolean(),
});
type Moment = { readonly request: number; readonly ms: number };
type Trial = { ships: Moment[]; replays: Moment[]; delays: number[]; refuses: boolean; version: string };

/** From the kill until the next process begins, Unix milliseconds. */
interface Kill {
  readonly from: number;
  until: number;
}

class Scene {
  readonly kills: Kill[] = [];
  refuses: boolean;
  readonly #house: House;
  readonly #delays: readonly number[];
  #onRequest: () => void = () => {};
  #sent = 0;

  constructor(house: House, { delays, refuses }: Trial) {
    this.#house = house;
    this.#delays = delays;
    this.refuses = refuses;
    house.sls.faults = () => {
      this.#onRequest();
      return undefined;
    };
    house.langfuse.fault = ({ number, ids }) => {
      this.#onRequest();
      if (number === 0) return undefined;
      // As a server that takes spans as a whole or not at all.
      if (this.refuses && ids.some((id) => isBad(id)))
        return { kind: 'status', status: 400, body: '{"message":"bad"}' };
      return { kind: 'delay', ms: this.#delays[this.#sent++ % this.#delays.length] ?? 0 };
    };
  }

  /** Invokes a function, and kills it at that moment if it is still at work by then. */
  async invokeAndKill(instance: FcInstance, event: string, { request, ms }: Moment): Promise<void> {
    this.#begin();
    let seen = 0;
    let timer: NodeJS.Timeout | undefined;
    this.#onRequest = () => {
      if (++seen !== request) return;
      timer = setTimeout(() => {
        this.kills.push({ from: Date.now(), until: Number.POSITIVE_INFINITY });
        instance.kill();
      }, ms);
    };
    const killed = this.kills.length;
    const { ok } = await instance.invoke(event);
    clearTimeout(timer);
    this.#onRequest = () => {};
    // It was done before, and so nothing of it was in flight.
    if (ok && this.kills.length > killed) this.kills.pop();
    await instance.close();
  }

  async invoke(instance: FcInstance, event: string): Promise<string> {
    this.#begin();
    return JSON.stringify(resultOf(await instance.invoke(event)));
  }

  /** Row keys of the pages of which a request was in flight at a kill, or only of those requests themselves. */
  doubtful(): Set<string> {
    const inFlight = this.#house.langfuse.requests.filter(({ number, startedAt, endedAt = Number.POSITIVE_INFINITY }) =>
      this.kills.some(({ from, until }) => number > 0 && startedAt <= until && endedAt >= from),
    );
    return new Set(inFlight.flatMap(({ ids }) => ids));
  }

  #begin(): void {
    for (const kill of this.kills) kill.until = Math.min(kill.until, Date.now());
  }
}

/** One in 16: ids are hashes. */
const isBad = (id: string): boolean => id.endsWith('7');

let killed = 0;

async function live(plan: Trial): Promise<void> {
  const house = await House.open({ version: plan.version, pages: PAGES, callsPerPage: WIDTH });
  const scene = new Scene(house, plan);
  for (const moment of plan.ships) await scene.invokeAndKill(house.instance('ship'), house.event(), moment);
  // What was in flight at the last kill arrives before the range comes again.
  await scene.invoke(house.instance('ship'), house.event());
  scene.refuses = false;
  for (const moment of plan.replays) await scene.invokeAndKill(house.instance('replay'), '', moment);
  // The lease of a replay that was killed would run out; nobody waits for that here.
  house.oss.objects.delete(`${PREFIX}/replay.lease.json`);
  const replay = house.instance('replay');
  const done = JSON.parse(await scene.invoke(replay, '')) as ReplayReceipt;
  expect(done).toMatchObject({ kept: 0, parked: 0, more: false });
  killed += scene.kills.length;
  check(house, scene, plan);
  await house.close();
}

function check(house: House, scene: Scene, { version, refuses }: Trial): void {
  expect([...house.oss.objects.keys()]).toEqual([]);
  expect(house.langfuse.observations()).toHaveLength(house.calls);
  if (version !== '4.16.0') return;
  const times = new Map<string, number>();
  for (const { id } of house.langfuse.rows()) times.set(id, (times.get(id) ?? 0) + 1);
  const twice = [...times].filter(([, count]) => count > 1).map(([id]) => id);
  const excused = refuses ? pagesOf(house, scene.doubtful()) : scene.doubtful();
  expect(twice.filter((id) => !excused.has(id))).toEqual([]);
}

/** A page with a refused call goes in parts: what one of them has stored is not asked for while both ends are missing. */
function pagesOf({ langfuse }: House, ids: ReadonlySet<string>): Set<string> {
  const pages = langfuse.requests.filter((request) => request.ids.some((id) => ids.has(id)));
  return new Set(pages.flatMap((request) => request.ids));
}

it(
  'a function that is killed at any moment loses nothing, and doubles nothing but what was in flight then',
  async () => {
    await fc.assert(
      fc.asyncProperty(trial, (plan) => live(plan)),
      { numRuns: TRIALS, endOnFailure: true },
    );
    expect(killed).toBeGreaterThanOrEqual(process.env.LONG ? 200 : TRIALS * 1.5);
    console.log(`${killed} kills in ${TRIALS} lives`);
  },
  // An invocation that hangs is ended after 60 s, as Function Compute does, and its range comes again.
  TRIALS * 60_000,
);
