import type { Delivery, Undelivered } from './deliver.ts';
import type { HeldCall, WrittenCall } from './held-call.ts';
import type { Write } from './langfuse/sink.ts';
import type { Halt } from './patience.ts';
import type { LlmCall } from './types.ts';
import { DEFAULT_DESTINATION } from './view/routes.ts';

/** Where calls are delivered to: one Langfuse project, or several. */
export type Deliveries = Pick<Delivery, 'ready' | 'written' | 'settle' | 'halt' | 'halts' | 'shown'>;

/** Several Langfuse projects, each with a delivery of its own: trouble with one does not keep calls from the others. */
export class Destinations implements Deliveries {
  readonly #deliveries: ReadonlyMap<string, Delivery>;
  readonly #used = new Set<Delivery>();

  /** By the destination's name, the default one among them. */
  constructor(deliveries: ReadonlyMap<string, Delivery>) {
    this.#deliveries = deliveries;
  }

  /** Set once nothing more should be pulled: no destination that had calls so far takes any. */
  get halt(): Halt | undefined {
    const used = [...this.#used];
    return used.every(({ halt }) => halt) ? used[0]?.halt : undefined;
  }

  /** Each of the destinations that take nothing more. */
  get halts(): Halt[] {
    return [...this.#deliveries].flatMap(([destination, { halts }]) => halts.map((halt) => ({ ...halt, destination })));
  }

  /** All are asked side by side: one that is down keeps the others waiting as long as it may take to answer, once. */
  async ready(): Promise<void> {
    await Promise.all([...this.#deliveries.values()].map((delivery) => delivery.ready()));
  }

  written(call: LlmCall, write?: Write): WrittenCall['written'] {
    return this.#deliveries.get(call.destination ?? DEFAULT_DESTINATION)?.written(call, write);
  }

  /** Delivers each call to its destination and returns those that were not taken. Rejects only for one that there is not. */
  async settle(calls: readonly HeldCall[]): Promise<readonly Undelivered[]> {
    const settled = [...grouped(calls)].map(([destination, group]) => this.#to(destination).settle(group));
    return (await Promise.all(settled)).flat();
  }

  async shown(): Promise<void> {
    await Promise.all([...this.#used].map((delivery) => delivery.shown()));
  }

  #to(destination: string): Delivery {
    const delivery = this.#deliveries.get(destination);
    if (!delivery) throw new Error(`No Langfuse project is called ${destination}`);
    this.#used.add(delivery);
    return delivery;
  }
}

function grouped(calls: readonly HeldCall[]): ReadonlyMap<string, readonly HeldCall[]> {
  const groups = new Map<string, HeldCall[]>();
  for (const call of calls) {
    const { destination = DEFAULT_DESTINATION } = call;
    const group = groups.get(destination);
    if (group) group.push(call);
    else groups.set(destination, [call]);
  }
  return groups;
}
