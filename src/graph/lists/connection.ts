import { createContextCache, type ObjectRef } from '@pothos/core'
import type { GraphQLResolveInfo } from 'graphql'
import type { Authentik, Query } from '../../authentik/authentik.ts'
import type { Include } from '../../authentik/endpoints.ts'
import type { Context } from '../../context.ts'
import { inputError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { builder, type Types } from '../builder.ts'
import { Loader } from '../loading/loader.ts'
import { includesOf, selects } from '../loading/wanted.ts'
import { fingerprintOf, readCursor, writeCursor } from './cursor.ts'
import { type Filter, type Filters, inCallersWords, readFilter } from './filter.ts'
import { checkPage, type Page, Walk } from './walk.ts'
import { type PageRequest, type WindowArgs, windowOf } from './window.ts'

export interface ListOptions<Body> {
  /** The name of the type of the rows. */
  readonly typename: string
  readonly includes?: readonly Include[]
  /** authentik's `ordering` where the caller names none: total, so that pages do not overlap. */
  readonly ordering: string
  readonly filters: Filters
  /** Null for a page behind the last. */
  readonly getPage: (authentik: Authentik, query: Query) => Promise<Page<Body> | null>
  /** Told of each row that came, with what it includes. */
  readonly onRow?: (context: Context, row: Body, includes: ReadonlySet<Include>) => void
}

export interface Connection<Body> {
  readonly edges: readonly { readonly cursor: string; readonly node: Body }[]
  readonly nodes: readonly Body[]
  readonly pageInfo: PageInfoShape
  readonly totalCount: number
}

interface PageInfoShape {
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
  readonly startCursor: string | null
  readonly endCursor: string | null
}

interface PageArgs {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

const PageInfo = builder.objectRef<PageInfoShape>('PageInfo').implement({
  description: "Where a connection's rows stand in the whole list (Relay's Cursor Connections).",
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', { nullable: false, description: 'Whether rows follow.' }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', { nullable: false, description: 'Whether rows precede.' }),
    startCursor: t.exposeString('startCursor', { description: 'The cursor of the first row; null without rows.' }),
    endCursor: t.exposeString('endCursor', { description: 'The cursor of the last row; null without rows.' }),
  }),
})

/** The arguments by which a caller moves through a connection. */
export const pageArgs = builder.args((t) => ({
  first: t.int({ description: 'At most so many rows from the start, up to 1000. Without `first` and `last`: 100.' }),
  after: t.string({ description: 'Only rows behind the one with this cursor.' }),
  last: t.int({ description: 'At most so many rows from the end, up to 1000; of the first, where both are given.' }),
  before: t.string({ description: 'Only rows ahead of the one with this cursor.' }),
}))

/** A list of authentik's as Relay connections: rows by offset, on as few and as small pages as hold them. */
export class List<Body extends object> {
  readonly #options: ListOptions<Body>
  readonly #pagesOf: (context: Context) => Loader<string, Page<Body> | null>

  constructor(options: ListOptions<Body>) {
    this.#options = options
    const { includes = [], filters, getPage, onRow } = options
    this.#pagesOf = createContextCache((context: Context) => {
      const get = async (authentik: Authentik, key: string, included: Query) => {
        const page = await getPage(authentik, { ...JSON.parse(key), ...included }).catch((error) => {
          throw inCallersWords(error, filters)
        })
        const came = new Set(includes.filter((include) => included[include] === true))
        if (page) for (const row of checkPage(page).results) onRow?.(context, row, came)
        return page
      }
      return new Loader(context.authentik, { includes, get })
    })
  }

  /** The rows that the filter lets through, as far as the arguments and the selection ask for them. */
  async connect(
    context: Context,
    filter: Filter,
    args: PageArgs,
    info: GraphQLResolveInfo,
    ordering = this.#options.ordering,
  ): Promise<Connection<Body>> {
    const name = `${this.#options.typename}Connection`
    const list = { ...readFilter(filter, this.#options.filters), ordering }
    const fingerprint = fingerprintOf([name, list])
    const wanted = readArgs(args, fingerprint)
    const includes = includesOf(info, name)
    const pages = this.#pagesOf(context)
    const ask = (page: PageRequest) => pages.load(JSON.stringify({ ...list, ...page }), includes)
    // A list at the root, from its start, is worth a guess at its length; along edges many are short.
    const ahead = info.path.prev || wanted.last !== undefined ? 1 : limits.pagesAhead
    const walk = new Walk(ask, context.authentik.limits, ahead)
    const window = selects(info, name, ['edges', 'nodes'])
      ? await walk.collect(wanted)
      : windowOf(wanted, await walk.count())
    const nodes = walk.rowsOf(window)
    context.authentik.count(nodes.length)
    const cursors =
      window.from < window.to ? [window.from, window.to - 1].map((offset) => writeCursor(fingerprint, offset)) : []
    const [startCursor = null, endCursor = null] = cursors
    return {
      edges: nodes.map((node, index) => ({ node, cursor: writeCursor(fingerprint, window.from + index) })),
      nodes,
      pageInfo: { hasNextPage: window.to < walk.length, hasPreviousPage: window.from > 0, startCursor, endCursor },
      totalCount: walk.length,
    }
  }
}

/** Defines the types `XConnection` and `XEdge` over the type X. */
export function connectionOf<Body extends object>(node: ObjectRef<Types, Body>) {
  const Edge = builder.objectRef<Connection<Body>['edges'][number]>(`${node.name}Edge`).implement({
    description: `A place in a list, and the ${node.name} that stood there when it was read.`,
    fields: (t) => ({
      cursor: t.string({
        nullable: false,
        description:
          'The place, for `after` and `before` of the same list: an offset, which rows that come and go shift.',
        resolve: ({ cursor }) => cursor,
      }),
      node: t.field({
        type: node,
        nullable: false,
        embedded: true,
        description: 'The object.',
        resolve: (edge) => edge.node as never,
      }),
    }),
  })
  return builder.objectRef<Connection<Body>>(`${node.name}Connection`).implement({
    description: `A page of a list of type ${node.name} (Relay's Cursor Connections).`,
    fields: (t) => ({
      edges: t.field({
        type: [Edge],
        nullable: false,
        embedded: true,
        description: 'The rows, with their cursors.',
        resolve: ({ edges }) => [...edges],
      }),
      nodes: t.field({
        type: [node],
        nullable: false,
        embedded: true,
        description: 'The rows.',
        resolve: ({ nodes }) => nodes as never,
      }),
      pageInfo: t.field({
        type: PageInfo,
        nullable: false,
        description: 'Where the rows stand in the whole list.',
        resolve: ({ pageInfo }) => pageInfo,
      }),
      totalCount: t.int({
        nullable: false,
        description:
          'How many rows the whole list has, of those that the caller may see. Alone it costs authentik one row.',
        resolve: ({ totalCount }) => totalCount,
      }),
    }),
  })
}

function readArgs({ first, after, last, before }: PageArgs, fingerprint: string): WindowArgs {
  const counts = { first: first ?? undefined, last: last ?? undefined }
  for (const [name, count] of Object.entries(counts)) {
    if (count === undefined || (count >= 0 && count <= limits.rows)) continue
    throw inputError(`"${name}" from 0 to ${limits.rows}`, count)
  }
  if (counts.last === undefined) counts.first ??= limits.rowsByDefault
  return {
    ...counts,
    after: after == null ? undefined : readCursor('after', fingerprint, after),
    before: before == null ? undefined : readCursor('before', fingerprint, before),
  }
}
