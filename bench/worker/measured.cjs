// The built function with a meter around its handler. Plain CommonJS that loads nothing else: what it measures is the
// function's own, its loading included.
const { readFileSync } = require('node:fs');

const { BENCH_BUNDLE, BENCH_PROFILE } = process.env;

let handler;

exports.handler = async (event, context) => {
  const profiler = BENCH_PROFILE ? await startProfiler() : undefined;
  const begun = meter();
  handler ??= require(BENCH_BUNDLE).handler;
  const loading = begun();
  const result = await handler(event, context);
  const { ms, cpuMs } = begun();
  await profiler?.write();
  const peakMb = peakKb() / 1024;
  return JSON.stringify({ receipt: JSON.parse(result), cpuMs, ms, loading, peakMb });
};

/** Begins to measure; what it returns tells the time since then. */
function meter() {
  const cpu = process.cpuUsage();
  const at = performance.now();
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return { ms: performance.now() - at, cpuMs: (user + system) / 1000 };
  };
}

/** A process inherits `maxRSS` from the one that made it; Linux tells its own as well. */
function peakKb() {
  try {
    return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  } catch {
    return process.resourceUsage().maxRSS;
  }
}

async function startProfiler() {
  const { Session } = require('node:inspector/promises');
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 500 });
  await session.post('Profiler.start');
  return {
    async write() {
      const { profile } = await session.post('Profiler.stop');
      require('node:fs').writeFileSync(BENCH_PROFILE, JSON.stringify(profile));
    },
  };
}
