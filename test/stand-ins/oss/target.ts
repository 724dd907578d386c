/** The bucket and key that a request means; the key is empty for the bucket itself. */
export interface Target {
  readonly bucket: string;
  readonly key: string;
}

/**
 * What Host and path can mean, likeliest first. Host-style and path-style cannot always be told apart: against an IP
 * address `ali-oss` sends the bucket in Host and, with `sldEnable`, in the path too. The signature decides.
 */
export function targetsOf(host: string, path: string): Target[] {
  const decoded = decodeURIComponent(path).slice(1);
  const [, fromHost] = /^([a-z0-9-]+)\.oss-[a-z0-9-]+\.aliyuncs\.com(?::\d+)?$/.exec(host) ?? [];
  const slash = decoded.indexOf('/');
  const byPath = {
    bucket: slash === -1 ? decoded : decoded.slice(0, slash),
    key: slash === -1 ? '' : decoded.slice(slash + 1),
  };
  return fromHost === undefined ? [byPath] : [{ bucket: fromHost, key: decoded }, byPath];
}

/** A query string by name, percent-decoded; `+` stays a plus as OSS reads it, a name without `=` has an empty value. */
export function queryOf(search: string): Record<string, string> {
  const pairs = search.replace(/^\?/, '').split('&').filter(Boolean);
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      const [name, value] = at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
      return [decodeURIComponent(name), decodeURIComponent(value)];
    }),
  );
}
