/** The parts between the separators that no backslash stands before. Escapes stay as they are. */
export function split(text: string, separator: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === separator) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, text.slice(from)];
}

/** Whether the last character is a backslash with nothing to escape. */
export function endsInEscape(text: string): boolean {
  let first = text.length;
  while (text[first - 1] === '\\') first--;
  return (text.length - first) % 2 === 1;
}
