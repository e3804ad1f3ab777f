import type { GraphQLField } from 'graphql'
import { type FieldNode, getArgumentValues } from 'graphql'
import { type Context, forkContext } from '../context.ts'

export type Variables = Readonly<Record<string, unknown>>

/** The places in the answer that wait for one field of one object, and in how many places each of them stands. */
export interface Places {
  times: number
  readonly uses: ((completed: unknown) => void)[]
}

/** One run of a plan. It ends when nothing is awaited any more, and fails with the first failure, as if it had not been. */
export class Run {
  readonly context: Context
  readonly ended: Promise<void>
  readonly #variables: Variables
  readonly #args = new Map<FieldNode, Record<string, unknown>>()
  readonly #places = new Map<object, Map<unknown, Places>>()
  #awaited = 1
  #isOver = false
  #end: () => void = () => {}
  #fail: (error: unknown) => void = () => {}

  constructor(context: Context, variables: Variables) {
    this.context = forkContext(context, () => this.fail(new Error('It cannot pay.')))
    this.#variables = variables
    this.ended = new Promise((resolve, reject) => {
      this.#end = resolve
      this.#fail = reject
    })
  }

  /** Pays for fields in the answer. Throws if they are too many. */
  pay(fields: number): void {
    if (!this.context.tab.payFields(fields)) throw new Error('It cannot pay.')
  }

  /** The arguments of a field: they are the same for each object. Throws GraphQLError. */
  argsOf(field: GraphQLField<unknown, unknown>, node: FieldNode): Record<string, unknown> {
    let args = this.#args.get(node)
    if (!args) {
      args = getArgumentValues(field, node, this.#variables)
      this.#args.set(node, args)
    }
    return args
  }

  /** Uses a value at once, or when it has come. */
  when(value: unknown, use: (value: unknown) => void): void {
    if (value instanceof Promise) this.later(value, use)
    else use(value)
  }

  /** Uses a value when it has come. The run does not end before. */
  later(promise: Promise<unknown>, use: (value: unknown) => void): void {
    this.#awaited += 1
    promise.then(
      (value) => {
        if (this.#isOver) return
        try {
          use(value)
        } catch (error) {
          return this.fail(error)
        }
        this.finish()
      },
      (error) => this.fail(error),
    )
  }

  /** The places that wait for the field of the object with that key: whoever is the first there loads it. */
  placesOf(field: object, key: unknown): Places {
    const ofField = this.#places.get(field) ?? new Map<unknown, Places>()
    this.#places.set(field, ofField)
    const places = ofField.get(key) ?? { times: 0, uses: [] }
    ofField.set(key, places)
    return places
  }

  /** The object has come. Whoever waits from now on loads it anew, which costs nothing. */
  closePlaces(field: object, key: unknown): void {
    this.#places.get(field)?.delete(key)
  }

  /** One thing less is awaited. */
  finish(): void {
    this.#awaited -= 1
    if (this.#awaited > 0 || this.#isOver) return
    this.#isOver = true
    this.#end()
  }

  /** Something went wrong: what comes from now on is not looked at, and what was paid is given back. */
  fail(error: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.context.tab.giveBack()
    this.#fail(error)
  }
}
