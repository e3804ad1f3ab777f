import { GraphQLError } from 'graphql'
import { beforeAll, describe, expect, it } from 'vitest'
import { builder } from '../src/graph/builder.ts'
import { startGateway } from './start.ts'

/** What a caller may be told of a fault of the gateway. */
const masked = (field: string) => ({
  message: 'Unexpected error.',
  path: [field],
  locations: expect.anything(),
  extensions: { code: 'INTERNAL_SERVER_ERROR' },
})

const s3cret: unknown = 's3cret'

beforeAll(() => {
  builder.queryField('thrown', (t) =>
    t.string({
      nullable: true,
      resolve: () => {
        throw new TypeError('s3cret is not a function')
      },
    }),
  )
  builder.queryField('unwritable', (t) => t.int({ nullable: true, resolve: () => s3cret as number }))
  builder.queryField('missing', (t) => t.string({ nullable: false, resolve: () => null as unknown as string }))
  builder.queryField('foreign', (t) =>
    t.string({
      nullable: true,
      resolve: () => {
        throw new GraphQLError('s3cret', { extensions: { code: 'SOMEBODY_ELSES', s3cret } })
      },
    }),
  )
})

describe('A fault of the gateway', () => {
  it.each([
    ['an error that nobody expects', 'thrown', 's3cret is not a function', { thrown: null }],
    ['a value that its type cannot write', 'unwritable', /Int cannot represent .*"s3cret"/, { unwritable: null }],
    ['a null where none may stand', 'missing', /Cannot return null for non-nullable field Query.missing/, null],
    ['an error with a code of somebody else', 'foreign', 's3cret', { foreign: null }],
  ])('%s is masked, and the log tells its cause', async (_what, field, message, data) => {
    const { ask, lines } = await startGateway()
    const reply = await ask(`{ ${field} }`)
    expect(reply).toMatchObject({ status: 200, data })
    expect(reply.errors).toEqual([masked(field)])
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      {
        level: 50,
        msg: 'unexpected',
        path: [field],
        cause: { message: expect.stringMatching(message), stack: expect.stringMatching(/\n +at /) },
      },
    ])
  })

  it('reaches a log that is not of pino', async () => {
    const told: unknown[] = []
    const write = (facts: object, text: string) => void told.push([facts, text])
    const log = { debug() {}, info() {}, warn: write, error: write }
    const { askOnce } = await startGateway({ logs: { log, audit: log, lost: () => 0 } })
    await askOnce('{ a: thrown }')
    expect(told).toEqual([
      [{ path: ['a'], cause: { message: 's3cret is not a function', stack: expect.any(String) } }, 'unexpected'],
    ])
  })

  it('is one line for all fields of an answer that it hits, and one more in the next answer', async () => {
    const { ask, lines } = await startGateway()
    expect((await ask('{ a: thrown b: thrown other: foreign c: thrown }')).errors).toHaveLength(4)
    expect(lines.map((line) => JSON.parse(line).path)).toEqual([['a'], ['other']])
    await ask('{ a: thrown }')
    expect(lines).toHaveLength(3)
  })

  it('costs the other fields nothing', async () => {
    const { ask } = await startGateway()
    const { data, errors } = await ask('{ thrown me { username } }')
    expect(data).toEqual({ thrown: null, me: { username: 'mira' } })
    expect(errors).toEqual([masked('thrown')])
  })
})

describe('A mistake of the caller that graphql finds while it executes', () => {
  it.each([
    ['a null for an argument', 'query ($id: ID = "8") { user(id: $id) { pk } }', { id: null }, ['user']],
    ['a null for a condition', 'query ($on: Boolean = true) { me { pk @include(if: $on) } }', { on: null }, ['me']],
  ])('%s is BAD_USER_INPUT, and no fault', async (_what, query, variables, path) => {
    const { ask, lines } = await startGateway()
    const { errors } = await ask(query, { variables })
    expect(errors).toMatchObject([{ path, extensions: { code: 'BAD_USER_INPUT' } }])
    expect(lines.join()).not.toContain('unexpected')
  })
})
