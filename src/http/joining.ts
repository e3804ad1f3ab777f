/** An answer that others may have too. */
export interface Joined {
  readonly text: string
  /** How many reads of authentik it took. */
  readonly reads: number
}

/** What becomes of a query: undefined if it has errors, which are only for whoever asked first. */
type Coming = Promise<Joined | undefined>

/** A query on its way. */
interface Flight {
  readonly answer: Coming
  /** Whether others may still join: until authentik's first answer has come. */
  readonly isOpen: () => boolean
}

/** Its place is emptied on landing: the table of a Map that has shrunk may go on to hold what it held. */
interface Slot {
  flight?: Flight
}

/** Identical queries of one credential that are on their way at once: one of them is executed, and all get its answer. */
export class Joining {
  readonly #slots = new Map<string, Slot>()

  /** The answer of a query that is on its way already, and that others may join. */
  find(key: string): Coming | undefined {
    const flight = this.#slots.get(key)?.flight
    return flight?.isOpen() ? flight.answer : undefined
  }

  /** Lets others join until its first answer has come. */
  add(key: string, flight: Flight): void {
    const slot: Slot = { flight }
    this.#slots.set(key, slot)
    const land = () => {
      delete slot.flight
      if (this.#slots.get(key) === slot) this.#slots.delete(key)
    }
    flight.answer.then(land, land)
  }
}
