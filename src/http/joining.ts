/** An answer that others may have too. */
export interface Joined {
  readonly text: string
  /** How many reads of authentik it took. */
  readonly reads: number
}

/** What becomes of a query: undefined if it has errors, which are only for whoever asked first. */
type Coming = Promise<Joined | undefined>

/** A query on its way. It is emptied on landing: the table of a Map that has shrunk may go on to hold what it held. */
interface Flight {
  answer?: Coming | undefined
  /** Whether others may still join: until authentik's first answer has come. */
  readonly isOpen: () => boolean
}

/** Identical queries of one credential that are on their way at once: one of them is executed, and all get its answer. */
export class Joining {
  readonly #flights = new Map<string, Flight>()

  /** The answer of a query that is on its way already, and that others may join. */
  find(key: string): Coming | undefined {
    const flight = this.#flights.get(key)
    return flight?.isOpen() ? flight.answer : undefined
  }

  /** Lets others join until its first answer has come. */
  add(key: string, answer: Coming, isOpen: () => boolean): void {
    const flight: Flight = { answer, isOpen }
    this.#flights.set(key, flight)
    const land = () => {
      flight.answer = undefined
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
    }
    answer.then(land, land)
  }
}
