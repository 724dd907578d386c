import { Failure } from '../letters/failure.ts';
import { type Column, table } from '../table.ts';
import { textOf } from './moment.ts';
import { isEmpty, nextSlice, type Slice, slicesLeft, trackAfter } from './slice.ts';
import type { Shard, Source } from './source.ts';
import type { State, Track } from './state.ts';

/** Of slices that are listed: each costs a request. */
const LISTED = 100;

type Row = Shard & { readonly track: Track; readonly slices: number };

/** Says what a backfill would do: the shards, and the first of their slices with the cursors. @throws Failure */
export async function dryRunText(
  state: State,
  shards: readonly Shard[],
  source: Pick<Source, 'cursorAt'>,
  sliceSeconds: number,
): Promise<string> {
  const rows = shards.flatMap((shard): Row[] => {
    const track = state.shards[shard.id];
    return track ? [{ ...shard, track, slices: slicesLeft(track, state.to.seconds, sliceSeconds) }] : [];
  });
  const slices = rows.reduce((sum, row) => sum + row.slices, 0);
  const listed = await slicesOf(rows, state, source, sliceSeconds);
  const heading = `${slices} slices of ${rows.length} shards would be shipped. Nothing was.`;
  const more = listed.length === LISTED && slices > LISTED ? [`… of ${slices} slices at most`] : [];
  const parts = [heading, table(rows, shardColumns(state.to.seconds))];
  return [...parts, ...(listed.length > 0 ? [table(listed, SLICE_COLUMNS), ...more] : [])].join('\n\n');
}

async function slicesOf(
  rows: readonly Row[],
  { to: { seconds: to } }: State,
  source: Pick<Source, 'cursorAt'>,
  sliceSeconds: number,
): Promise<Slice[]> {
  const slices: Slice[] = [];
  for (const { id, track: begun } of rows) {
    for (let track = begun; track.until < to && slices.length < LISTED; ) {
      const next = await nextSlice(source, id, track, to, sliceSeconds);
      if (next.kind === 'failed') throw new Failure(next.message);
      slices.push(next.value);
      track = trackAfter(next.value, track, to);
    }
  }
  return slices;
}

function shardColumns(to: number): Column<Row>[] {
  return [
    { title: 'shard', right: true, value: ({ id }) => `${id}` },
    { title: 'status', value: ({ status }) => status },
    { title: 'slices', right: true, value: ({ slices }) => `${slices}` },
    { title: 'from', value: ({ track }) => (track.until < to ? textOf(track.until) : '-') },
    { title: 'begin cursor', value: ({ track }) => track.cursor },
    { title: 'end cursor', value: ({ track }) => track.end },
  ];
}

const SLICE_COLUMNS: readonly Column<Slice>[] = [
  { title: 'shard', right: true, value: ({ shard }) => `${shard}` },
  { title: 'from', value: ({ from }) => textOf(from) },
  { title: 'to', value: ({ to }) => textOf(to) },
  { title: 'begin cursor', value: ({ begin }) => begin },
  { title: 'end cursor', value: (slice) => (isEmpty(slice) ? 'no logs' : slice.end) },
];
