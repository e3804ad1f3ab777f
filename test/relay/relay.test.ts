import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startGateway } from '../start.ts'

const folder = import.meta.dirname
const load = createRequire(join(folder, 'package.json'))

interface Compiled {
  readonly params: { readonly text: string }
}

/** What Relay's compiler makes of the documents, by their names: it accepts them, and the schema. */
async function compile() {
  const cli = load.resolve('relay-compiler/cli.js')
  execFileSync(process.execPath, [cli, 'relay.config.json'], { cwd: folder, stdio: 'pipe' })
  const read = async (name: string): Promise<Compiled> => {
    return (await import(join(folder, `src/__generated__/${name}.graphql.js`))).default
  }
  return {
    accessQuery: await read('accessQuery'),
    accessRevokeMutation: await read('accessRevokeMutation'),
    accessRevokeAllMutation: await read('accessRevokeAllMutation'),
  }
}

const documents = await compile()

/** Relay over a gateway, with what it holds. */
async function startRelay() {
  const { ask } = await startGateway()
  const { ConnectionHandler, Environment, Network, RecordSource, Store, ...relay } = load('relay-runtime')
  const network = Network.create(({ text }: { text: string }, variables: Record<string, unknown>) =>
    ask(text, { variables }),
  )
  const environment = new Environment({ network, store: new Store(new RecordSource()) })
  const connection = ConnectionHandler.getConnectionID('client:root', 'access_accessTokens')
  const query = () => relay.fetchQuery(environment, documents.accessQuery, {}).toPromise()
  const read = () => environment.lookup(relay.createOperationDescriptor(documents.accessQuery, {}).fragment).data
  const commit = (mutation: Compiled, variables: object) =>
    new Promise((onCompleted, onError) =>
      relay.commitMutation(environment, { mutation, variables, onCompleted, onError }),
    )
  // Relay releases what nobody shows.
  await query()
  environment.retain(relay.createOperationDescriptor(documents.accessQuery, {}))
  await query()
  return { connection, read, commit }
}

it('takes what is revoked out of its store and out of the list, and no result for the object that it is about', async () => {
  const { connection, read, commit } = await startRelay()
  const pks = () => read().accessTokens.edges.map(({ node }: { node: { pk: number } }) => node.pk)
  const before = pks()
  expect(before).toHaveLength(12)
  await commit(documents.accessRevokeMutation, {
    ids: ['AccessToken:5', '30', 'AccessToken:99999'],
    connections: [connection],
  })
  expect(pks()).toEqual(before.filter((pk: number) => pk !== 5 && pk !== 30))
})

it('takes out all that goes with a user', async () => {
  const { read, commit } = await startRelay()
  expect(read().user.sessions.nodes).toHaveLength(4)
  await commit(documents.accessRevokeAllMutation, {})
  expect(read().user.sessions.nodes.filter(Boolean)).toEqual([])
})
