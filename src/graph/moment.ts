/** A moment in nanoseconds since 1970, as exact as authentik writes it; infinite for one before or after all others. */
export type Moment = bigint | number

const dateTime = /^(\d{4}-\d\d-\d\d)T((?:[01]\d|2[0-3]):\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/

/** The moment that a text means, as RFC 3339 has it; undefined for anything else. */
export function readMoment(text: unknown): bigint | undefined {
  const [, day, time, fraction = '', zone] = dateTime.exec(String(text)) ?? []
  const milliseconds = Date.parse(`${day}T${time}${zone}`)
  if (Number.isNaN(milliseconds) || !isDay(`${day}`)) return undefined
  return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'))
}

/** JavaScript takes February 30 for March 2. */
function isDay(day: string): boolean {
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day)
}

/** The moment so many milliseconds after 1970. */
export function momentOf(milliseconds: number): Moment {
  return BigInt(milliseconds) * 1_000_000n
}

/** The later one of two moments. */
export function laterOf(one: Moment, other: Moment): Moment {
  return one > other ? one : other
}

/** The earlier one of two moments. */
export function earlierOf(one: Moment, other: Moment): Moment {
  return one < other ? one : other
}
