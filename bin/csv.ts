/** What SLS adds to a log's own fields, and names of which one alone tells a table of logs from any other text. */
const LOG_COLUMN = /^(?:__\w+__(?::.*)?|ai_log|content|request_id|traceID|trace_id)$/;
const NAME = /^[\w@:.\-/]{1,256}$/;

/**
 * The logs of a table as the SLS console downloads it (`csv`, one of the two formats of
 * https://help.aliyun.com/zh/sls/developer-reference/api-sls-2020-12-30-listdownloadjobs): values separated by commas, the
 * fields' names in the first row. An empty value is a field that the log does not have.
 * `undefined` for a text of another kind.
 */
export function logsInTable(text: string): { [name: string]: string }[] | undefined {
  const end = text.search(/\r?\n/);
  const [names = []] = rowsOf(text.slice(0, Math.max(0, end))) ?? [];
  const isHeader = names.length > 1 && names.every((name) => NAME.test(name)) && names.some((n) => LOG_COLUMN.test(n));
  return isHeader ? logsUnder(names, rowsOf(text)?.slice(1)) : undefined;
}

function logsUnder(names: readonly string[], rows: string[][] | undefined): { [name: string]: string }[] | undefined {
  return rows
    ?.filter((row) => row.some((value) => value !== ''))
    .map((row) => Object.fromEntries(named(names, row).filter(([, value]) => value !== '')));
}

function named(names: readonly string[], row: readonly string[]): [string, string][] {
  return row.map((value, i) => [names[i] ?? `column_${i + 1}`, value]);
}

/** RFC 4180: a value in quotes may hold commas, line ends and, written twice, quotes. */
function rowsOf(text: string): string[][] | undefined {
  const rows: string[][] = [[]];
  const cell = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n][^,\r\n]*)?)(,|\r?\n|$)/y;
  while (cell.lastIndex < text.length) {
    const match = cell.exec(text);
    if (!match) return undefined;
    const [, quoted, plain = '', separator] = match;
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain);
    if (separator === ',' && cell.lastIndex === text.length) rows.at(-1)?.push('');
    if (separator !== ',') rows.push([]);
  }
  return rows.filter((row) => row.length > 0);
}
