/** How grave a difference is, the gravest first, and the heading of such. */
export const gravities = {
  breaks: 'Breaks',
  null: 'Null, or never occurs',
  costs: 'Costs more',
  unread: 'Not in the graph',
}

export type Gravity = keyof typeof gravities

/** What differs between an authentik and what this gateway reads and sends, as a line for people. */
export interface Difference {
  readonly gravity: Gravity
  readonly line: string
}

/** The lines of one gravity. */
export function linesOf(differences: readonly Difference[], wanted: Gravity): string[] {
  return differences.filter(({ gravity }) => gravity === wanted).map(({ line }) => line)
}
