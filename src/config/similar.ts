/**
 * The name that another one is like: at most two letters are wrong, missing or too many, of a short name one, since HOME is not HOST.
 * Case does not matter.
 */
export function findSimilar(name: string, names: readonly string[]): string | undefined {
  const upper = name.toUpperCase()
  return names.find((other) => isWithin(other.length > 5 ? 2 : 1, upper, other))
}

/** Whether at most so many letters must be put in, taken out or replaced to make one text of the other (Levenshtein). */
function isWithin(most: number, one: string, other: string): boolean {
  if (Math.abs(one.length - other.length) > most) return false
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1]
    for (const [column, otherLetter] of [...other].entries()) {
      const [above = 0, aboveNext = 0, before = 0] = [row[column], row[column + 1], next[column]]
      next.push(Math.min(above + (letter === otherLetter ? 0 : 1), aboveNext + 1, before + 1))
    }
    // It never becomes less. There may be many names, and the start waits for it.
    if (Math.min(...next) > most) return false
    row = next
  }
  return (row.at(-1) ?? 0) <= most
}
