import { type LangfuseOptions, startSink } from './langfuse.ts';
import { type SlsOptions, startPages } from './sls.ts';

export interface ServersOptions {
  readonly sls: SlsOptions;
  readonly langfuse: LangfuseOptions;
}

const { sls, langfuse } = JSON.parse(process.argv[2] ?? '{}') as ServersOptions;
const pages = await startPages(sls);
const sink = await startSink(langfuse);

process.on('message', () => process.send?.({ sls: pages.counts(), langfuse: sink.counts() }));
process.on('disconnect', () => process.exit());
process.send?.({ sls: pages.url, langfuse: sink.url });
