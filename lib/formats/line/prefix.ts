/** CRI's, or the time alone, as `kubectl logs --timestamps` writes it. */
const CONTAINER = /^\d{4}-\d\d-\d\dT\S{1,64} (?:(?:stdout|stderr) [FP] |(?=[[{]))/;
/** The name that `docker compose logs` puts before each line. */
const COMPOSE = /^[\w.-]{1,64} {1,64}\| (?=[[{])/;
/** RFC 5424 up to the structured data: priority and version, time, host, application, process, message id. */
const SYSLOG_5424 = /^<\d{1,3}>\d{1,2} (?:\S{1,255} ){5}/;
/** RFC 3164, with or without its priority, which files leave out: time, host, and the tag that ends with a colon. */
const SYSLOG_3164 =
  /^(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.,+Z-]{8,24}) (?:[^\s:[\]]{1,255} )?[^\s:[\]]{1,64}(?:\[[^\]\s]{1,64}\])?: ?/;
/** A byte order mark, which RFC 5424 asks for, and the cookie of the lines that syslog's own JSON dialect marks. */
const MARK = /^\ufeff?(?:@cee:)?\s{0,8}/;

/**
 * What an application wrote, without what a container runtime (CRI, Docker Compose) or syslog (RFC 5424, RFC 3164) put before it: syslog's
 * structured data may hold access keys. Empty when the line ends within that data.
 */
export function withoutPrefix(line: string): string {
  const text = line.replace(CONTAINER, '').replace(COMPOSE, '').trim();
  const header = SYSLOG_5424.exec(text)?.[0];
  const message = header === undefined ? text.replace(SYSLOG_3164, '') : afterStructuredData(text, header.length);
  return message.replace(MARK, '').trim();
}

function afterStructuredData(text: string, start: number): string {
  if (text[start] === '-') return text.slice(start + 1).trimStart();
  let at = start;
  while (text[at] === '[') {
    const end = endOfElement(text, at);
    if (end === undefined) return '';
    at = end;
  }
  return text.slice(at).trimStart();
}

/** Where the element that opens at `start` ends; brackets within a quoted value do not end it. */
function endOfElement(text: string, start: number): number | undefined {
  let quoted = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === '\\') at++;
    else if (character === '"') quoted = !quoted;
    else if (character === ']' && !quoted) return at + 1;
  }
  return undefined;
}
