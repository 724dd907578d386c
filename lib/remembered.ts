/** Names of fields are few, and come again with each record; others are not worth the memory. */
const MOST = 2_000;
const LONGEST = 100;

/** A function of a name that remembers what it said of the first names it saw. */
export function remembered<T extends boolean | string>(say: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const said = say(name);
    if (name.length <= LONGEST && known.size < MOST) known.set(name, said);
    return said;
  };
}
