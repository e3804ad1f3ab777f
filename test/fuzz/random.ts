/** Numbers that look random, and are the same each time for the same seed. */
export interface Random {
  /** From 0 up to, but without, 1. */
  next(): number
  /** True with that probability. */
  chance(probability: number): boolean
  /** A whole number from the first to the last. */
  between(first: number, last: number): number
  pick<T>(list: readonly T[]): T
  /** At most so many of the list, each once. */
  some<T>(list: readonly T[], most: number): T[]
}

/** mulberry32, by Tommy Ettinger. */
export function createRandom(seed: number): Random {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (first: number, last: number) => first + Math.floor(next() * (last - first + 1))
  const pick = <T>(list: readonly T[]) => list[between(0, list.length - 1)] as T
  const some = <T>(list: readonly T[], most: number) => {
    const left = [...list]
    return Array.from({ length: Math.min(between(1, most), left.length) }, () =>
      left.splice(between(0, left.length - 1), 1),
    ).flat()
  }
  return { next, chance: (probability) => next() < probability, between, pick, some }
}

/** A seed for the text: another one for each other text. */
export function seedOf(text: string): number {
  let hash = 0
  for (const character of text) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) | 0
  return hash
}
