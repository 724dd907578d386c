import type { Config } from '../config.ts';
import { DEFAULT_DESTINATION } from '../view/routes.ts';
import type { LangfuseAccess } from './exchange.ts';
import { type Langfuse, openLangfuse } from './langfuse.ts';

/** A Langfuse project, and how it is reached. */
export interface Project {
  readonly access: LangfuseAccess;
  readonly langfuse: Langfuse;
}

/** The projects of the configuration by the name of their destination, the default one first. Nothing is sent yet. */
export function openProjects({ langfuse, view }: Config): ReadonlyMap<string, Project> {
  const open = (access: LangfuseAccess): Project => ({ access, langfuse: openLangfuse(access, langfuse.transport) });
  const more = (view.routes ?? []).map(({ name, when: _, ...access }): [string, Project] => [
    name,
    open({ ...langfuse, ...access }),
  ]);
  return new Map([[DEFAULT_DESTINATION, open(langfuse)], ...more]);
}
