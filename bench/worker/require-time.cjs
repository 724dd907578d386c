// Requires one file and tells what the process has cost by then, from its start on.
require(process.argv[2]);
const { user, system } = process.cpuUsage();
process.stdout.write(JSON.stringify({ ms: performance.now(), cpuMs: (user + system) / 1000 }));
