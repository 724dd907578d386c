/** How a function is set: vCPU in steps of 0.05, memory in steps of 64 MB, 1 to 4 GB of it for each vCPU. */
export interface Setting {
  readonly vcpu: number;
  readonly memoryMb: number;
}

/** What one invocation of a shard has to do, and what that took where it was measured. */
export interface Load {
  /** Calls a second. */
  readonly rate: number;
  /** Calls of an invocation. */
  readonly calls: number;
  readonly cpuMs: number;
  readonly peakMb: number;
}

/** For a million calls. */
export interface Cost {
  /** Of one invocation. */
  readonly seconds: number;
  readonly invocations: number;
  readonly gbSeconds: number;
  readonly vcpuSeconds: number;
  readonly cu: number;
}

/**
 * Prices of Function Compute, the first tier of a month, without discounts. Source: Function Compute "Billing overview"
 * and "Pay-as-you-go"; CNY for the Chinese mainland site, USD for the international one. 512 MB of disk, as set, are
 * taken to be free: the examples there charge nothing for them.
 */
export const USD_PER_CU = 0.00002;
export const CNY_PER_CU = 0.00011;
const CU_PER_INVOCATION = 75 / 10_000;
const CU_PER_VCPU_SECOND = 1;
const CU_PER_GB_SECOND = 0.15;

/** Seconds of an invocation in which it only waits for SLS and Langfuse: a request to each that nothing overlaps. */
const WAITING = 0.15;

export const SETTINGS: readonly Setting[] = [
  { vcpu: 0.05, memoryMb: 128 },
  { vcpu: 0.1, memoryMb: 256 },
  { vcpu: 0.1, memoryMb: 384 },
  { vcpu: 0.25, memoryMb: 256 },
  { vcpu: 0.25, memoryMb: 512 },
  { vcpu: 0.5, memoryMb: 512 },
  { vcpu: 1, memoryMb: 1024 },
];

/** The cost of a million calls under a load: an invocation lasts as long as its share of a CPU needs, and waits a little. */
export function costOf({ calls, cpuMs }: Load, { vcpu, memoryMb }: Setting): Cost {
  const seconds = cpuMs / 1_000 / Math.min(1, vcpu) + WAITING;
  const invocations = 1_000_000 / calls;
  const gbSeconds = (memoryMb / 1024) * seconds * invocations;
  const vcpuSeconds = vcpu * seconds * invocations;
  const cu = invocations * CU_PER_INVOCATION + vcpuSeconds * CU_PER_VCPU_SECOND + gbSeconds * CU_PER_GB_SECOND;
  return { seconds, invocations, gbSeconds, vcpuSeconds, cu };
}

/**
 * The loads here are calls of 3 KB. Prompts of 900 KB took up to 177 MB, and a function that runs out of memory is offered the
 * same range again and again: more than twice that is left for it.
 */
export const LEAST_MB = 512;

/** The cheapest of all settings that hold the load's memory and are done before the next invocation is due. */
export function cheapest(load: Load, intervalSeconds: number): Setting | undefined {
  const fitting = everySetting().filter(
    (setting) =>
      setting.memoryMb >= Math.max(load.peakMb, LEAST_MB) && costOf(load, setting).seconds <= intervalSeconds,
  );
  return fitting.sort((a, b) => costOf(load, a).cu - costOf(load, b).cu)[0];
}

function everySetting(): Setting[] {
  const steps = Array.from({ length: 20 }, (_, i) => (i + 1) / 20);
  return steps.flatMap((vcpu) =>
    Array.from({ length: 15 }, (_, i) => ({ vcpu, memoryMb: 128 + 64 * i })).filter(
      ({ memoryMb }) => memoryMb / 1024 >= vcpu && memoryMb / 1024 <= vcpu * 4,
    ),
  );
}
