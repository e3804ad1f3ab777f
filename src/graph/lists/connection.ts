import type { ObjectRef } from '@pothos/core'
import { limits } from '../../limits.ts'
import { builder } from '../builder.ts'
import type { Shortened } from '../declaration.ts'
import { findKey, type Key } from '../loading/keys.ts'
import type { Types } from '../types.ts'
import { writeCursor } from './cursor.ts'
import { type Rows, rowsIn } from './walk.ts'
import type { Window } from './window.ts'

/** A place in a list, and the object that stood there when it was read. */
interface Edge<B> {
  readonly node: B
  /** Opaque; made when it is asked for. */
  readonly cursor: () => string
}

type RowKey = Pick<Key<string | number>, 'property' | 'read'>

/** Tells what may be hidden from the caller. */
export type Hint = () => Promise<string | null>

/** Rows of a list that were read. What a caller does not select is not made. */
export class Connection<B extends object> {
  /** How many rows the list has. It may be known to have more than the caller is given. */
  totalCount: number
  hint: Hint = async () => null
  readonly #rows: Rows<B>
  readonly #window: Window
  readonly #fingerprint: string
  readonly #key: RowKey

  constructor(rows: Rows<B>, window: Window, fingerprint: string, key: RowKey) {
    this.totalCount = rows.length
    this.#rows = rows
    this.#window = window
    this.#fingerprint = fingerprint
    this.#key = key
  }

  withHint(hint: Hint): this {
    this.hint = hint
    return this
  }

  get nodes(): B[] {
    return rowsIn(this.#rows, this.#window)
  }

  get edges(): Edge<B>[] {
    const { from, to } = this.#window
    return Array.from({ length: to - from }, (_, index) => from + index).flatMap((at) => {
      const node = this.#rows.rowAt(at)
      return node ? [{ node, cursor: () => this.#cursorAt(at) }] : []
    })
  }

  get hasNextPage(): boolean {
    return this.#window.to < this.#rows.length
  }

  get hasPreviousPage(): boolean {
    return this.#window.from > 0
  }

  get startCursor(): string | null {
    return this.#isEmpty ? null : this.#cursorAt(this.#window.from)
  }

  get endCursor(): string | null {
    return this.#isEmpty ? null : this.#cursorAt(this.#window.to - 1)
  }

  get #isEmpty(): boolean {
    return this.#window.from >= this.#window.to
  }

  #cursorAt(offset: number): string {
    const key = findKey(this.#key, this.#rows.rowAt(offset) ?? {})
    const { length: count } = this.#rows
    return writeCursor(this.#fingerprint, { offset, count, key: key === undefined ? '' : String(key) })
  }
}

const PageInfo = builder.objectRef<Connection<object>>('PageInfo').implement({
  description: "Where a connection's rows stand in the whole list (Relay's Cursor Connections).",
  fields: (t) => ({
    hasNextPage: t.boolean({
      nullable: false,
      description: 'Whether rows follow.',
      resolve: ({ hasNextPage }) => hasNextPage,
    }),
    hasPreviousPage: t.boolean({
      nullable: false,
      description: 'Whether rows precede.',
      resolve: ({ hasPreviousPage }) => hasPreviousPage,
    }),
    startCursor: t.string({
      description: 'The cursor of the first row; null without rows.',
      resolve: ({ startCursor }) => startCursor,
    }),
    endCursor: t.string({
      description: 'The cursor of the last row; null without rows.',
      resolve: ({ endCursor }) => endCursor,
    }),
  }),
})

/** The arguments by which a caller moves through a connection. */
export const pageArgs = builder.args((t) => ({
  first: t.int({
    description: `At most this many rows from the start, up to ${limits.rows}. Without \`first\` and \`last\`: ${limits.rowsByDefault}.`,
  }),
  after: t.string({ description: 'Only rows behind the one with this cursor.' }),
  last: t.int({
    description: `At most this many rows from the end, up to ${limits.rows}. If \`first\` is given as well, \`last\` counts within those rows.`,
  }),
  before: t.string({ description: 'Only rows before the one with this cursor.' }),
}))

/** Defines the types `XConnection` and `XEdge` over the type X. Some rows may stand `shortened` in some list. */
export function connectionOf<B extends object>(node: ObjectRef<Types, B>, shortened?: Shortened) {
  const rows = { embedded: true, ...(shortened && { shortened }) }
  const Edge = builder.objectRef<Edge<B>>(`${node.name}Edge`).implement({
    description: `A place in a list, and the ${node.name} that stood there when it was read.`,
    fields: (t) => ({
      cursor: t.string({
        nullable: false,
        description:
          'The place, for `after` and `before` of the same list. It names the row, which is found again where rows came or went before it.',
        resolve: ({ cursor }) => cursor(),
      }),
      node: t.field({
        type: node,
        nullable: false,
        ...rows,
        description: 'The object.',
        resolve: (edge) => edge.node as never,
      }),
    }),
  })
  return builder.objectRef<Connection<B>>(`${node.name}Connection`).implement({
    description: `A page of a list of type ${node.name} (Relay's Cursor Connections).`,
    fields: (t) => ({
      edges: t.field({
        type: [Edge],
        nullable: false,
        embedded: true,
        description: 'The rows, with their cursors.',
        resolve: ({ edges }) => edges,
      }),
      nodes: t.field({
        type: [node],
        nullable: false,
        ...rows,
        description: 'The rows.',
        resolve: ({ nodes }) => nodes as never,
      }),
      pageInfo: t.field({
        type: PageInfo,
        nullable: false,
        description: 'Where the rows stand in the whole list.',
        resolve: (connection) => connection,
      }),
      totalCount: t.int({
        nullable: false,
        description:
          'How many rows the whole list has, of those that the caller may see. Alone it costs authentik one row.',
        resolve: ({ totalCount }) => totalCount,
      }),
      hint: t.string({
        asks: 'caller',
        description:
          'What else there may be, which authentik hides from the caller; null where nothing is known to be hidden. It takes one request to know who asks.',
        resolve: ({ hint }) => hint(),
      }),
    }),
  })
}
