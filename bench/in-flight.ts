/** A course of requests in flight: Unix or relative milliseconds, and how many were open from then on. */
export interface Course {
  readonly name: string;
  readonly changes: readonly (readonly [number, number])[];
}

const WIDTH = 720;
const HEIGHT = 130;
const LEFT = 40;
const STEPS = 340;

/** Courses below each other as an SVG picture, each with its own time axis. */
export function inFlightSvg(courses: readonly Course[]): string {
  const panels = courses.map((course, i) => panel(course, i * (HEIGHT + 50)));
  const height = courses.length * (HEIGHT + 50);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">`,
    '<title>Requests to Langfuse in flight</title>',
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    ...panels,
    '</svg>\n',
  ].join('\n');
}

function panel({ name, changes }: Course, top: number): string {
  const begin = changes[0]?.[0] ?? 0;
  const span = Math.max(1, (changes.at(-1)?.[0] ?? 0) - begin);
  const most = Math.max(1, ...sampled(changes, begin, span).map(([, high]) => high));
  const x = (step: number) => (LEFT + (step / STEPS) * (WIDTH - LEFT - 10)).toFixed(1);
  const y = (open: number) => (top + 25 + HEIGHT * (1 - open / most)).toFixed(1);
  const line = sampled(changes, begin, span).map(
    ([low, high], i) => `${i === 0 ? 'M' : 'L'}${x(i)} ${y(low)}L${x(i)} ${y(high)}`,
  );
  return [
    `<text x="${LEFT}" y="${top + 15}">${name}</text>`,
    ...[0, most].map((open) => `<text x="${LEFT - 6}" y="${Number(y(open)) + 4}" text-anchor="end">${open}</text>`),
    `<path d="M${LEFT} ${y(most)}V${y(0)}H${WIDTH - 10}" fill="none" stroke="#999"/>`,
    `<text x="${WIDTH - 10}" y="${Number(y(0)) + 15}" text-anchor="end">${(span / 1000).toFixed(0)} s</text>`,
    `<path d="${line.join('')}" fill="none" stroke="#1f6feb"/>`,
  ].join('\n');
}

/** The least and the most of each of the steps that the time is divided into, so that the picture stays small. */
function sampled(changes: Course['changes'], begin: number, span: number): [number, number][] {
  const steps: [number, number][] = [];
  let at = 0;
  let open = 0;
  for (let step = 1; step <= STEPS; step++) {
    let [low, high] = [open, open];
    for (let next = changes[at]; next && next[0] <= begin + (span * step) / STEPS; next = changes[++at]) {
      open = next[1];
      low = Math.min(low, open);
      high = Math.max(high, open);
    }
    steps.push([low, high]);
  }
  return steps;
}
