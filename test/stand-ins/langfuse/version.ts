import type { LangfuseMode } from './types.ts';

/** What a server of one version can do, as the rest of the stand-in asks it. */
export interface Dialect {
  readonly version: string;
  readonly mode: LangfuseMode;
  /** OTLP came with 3.22.0. */
  readonly otlp: boolean;
  /** 3.0 and older strip usage details, cost details and environment and know no typed observations. */
  readonly old: boolean;
  /** Before 3.138.0 a junk usage value fails its event instead of being dropped. */
  readonly strictUsage: boolean;
}

/** `3.225.4` -> what it can do; the mode follows the major version unless one is given. */
export function dialectOf(version: string, mode?: LangfuseMode): Dialect {
  return {
    version,
    mode: mode ?? (atLeast(version, 4, 0) ? 'v4-events-only' : 'v3'),
    otlp: atLeast(version, 3, 22),
    old: !atLeast(version, 3, 1),
    strictUsage: !atLeast(version, 3, 138),
  };
}

function atLeast(version: string, major: number, minor: number): boolean {
  const [a = 0, b = 0] = version.split('.').map(Number);
  return a > major || (a === major && b >= minor);
}
