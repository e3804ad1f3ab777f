import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { codeOf, pieceOf, startFolder } from '../clients-page.ts'
import { startGateway } from '../start.ts'

// What docs/clients.md says of Relay, by its own code.

const here = import.meta.dirname
const load = createRequire(join(here, 'package.json'))
const { createOperationDescriptor, commitMutation, fetchQuery, ConnectionHandler } = load('relay-runtime')
const { observeFragment } = load('relay-runtime/experimental')

// biome-ignore lint/suspicious/noExplicitAny: what Relay gives, looked at by assertions only
type Any = any

/** A folder with that code, in which Relay's compiler has run. */
function compile(code: string): string {
  const folder = startFolder(join(here, 'node_modules'), { 'relay.config.json': pieceOf('Relay', 'json') })
  mkdirSync(join(folder, 'src'))
  cpSync(join(here, '../../schema.graphql'), join(folder, 'schema.graphql'))
  cpSync(join(here, 'src/access.js'), join(folder, 'src/access.js'))
  writeFileSync(join(folder, 'src/Tokens.js'), code)
  const cli = load.resolve('relay-compiler/cli.js')
  execFileSync(process.execPath, [cli, 'relay.config.json'], { cwd: folder, stdio: 'pipe' })
  return folder
}

/** The page's code with what the compiler made of its documents, and Relay's functions over its environment. */
async function startRelay(token?: string, change = (code: string) => code) {
  const { url } = await startGateway()
  const code = change(codeOf('Relay', 'js', url, token))
  const folder = compile(code)
  const made = async (name: string) => (await import(join(folder, `src/__generated__/${name}.graphql.ts`))).default
  // As the plugins of bundlers do.
  const bundled = code.replace(/graphql`\s*\w+ (\w+)[^`]*`/g, "(await import('./__generated__/$1.graphql.ts')).default")
  writeFileSync(join(folder, 'src/Tokens.js'), bundled)
  const { environment, tokens, revoke } = await import(join(folder, 'src/Tokens.js'))
  const ask = async (query: Any, variables = {}) => {
    const data = await fetchQuery(environment, query, variables).toPromise()
    const retained = environment.retain(createOperationDescriptor(query, variables))
    onTestFinished(() => retained.dispose())
    return data
  }
  const commit = (mutation: Any, variables: object) =>
    new Promise((onCompleted, onError) => commitMutation(environment, { mutation, variables, onCompleted, onError }))
  /** What the fragment of the page's list is read as, however often it changes. */
  const show = (data: Any) => {
    let state: Any
    const { unsubscribe } = observeFragment(environment, tokens, data).subscribe({
      next: (value: Any) => (state = value),
    })
    onTestFinished(unsubscribe)
    return () => state
  }
  const read = (query: Any) => environment.lookup(createOperationDescriptor(query, {}).fragment).data
  return { made, ask, commit, show, read, revoke }
}

it('pages by edges, and shows a revoked token no longer', async () => {
  const { made, ask, commit, show, revoke } = await startRelay()
  const query = await made('TokensPageQuery')
  const shown = show(await ask(query))
  const pks = () => shown().value.accessTokens.edges.map(({ node }: Any) => Number(node.id.split(':')[1]))
  expect(pks()).toEqual([300, 299, 298, 297, 296])
  await ask(query, { after: shown().value.accessTokens.pageInfo.endCursor })
  expect(pks()).toEqual([300, 299, 298, 297, 296, 295, 294, 293, 292, 291])
  const connections = [ConnectionHandler.getConnectionID('client:root', 'Tokens_accessTokens')]
  await commit(revoke, { ids: ['AccessToken:300', '293', 'AccessToken:99999'], connections })
  expect(pks()).toEqual([299, 298, 297, 296, 295, 294, 292, 291])
})

it('gives no value where a field failed that the fragment reads, and logs its error', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  onTestFinished(() => warn.mockRestore())
  const { made, ask, show } = await startRelay('demo-plain')
  const shown = show(await ask(await made('TokensPageQuery')))
  expect(shown().state).toBe('error')
  expect(warn.mock.calls[0]?.[0]).toMatch(/^Tokens_query: .* authentik checks the right view_oauth2provider here\.$/)
})

it('gives all that came where the failed field is caught', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  onTestFinished(() => warn.mockRestore())
  const change = (code: string) => code.replace('clientId', 'clientId @catch(to: NULL)')
  const { made, ask, show } = await startRelay('demo-plain', change)
  const { value } = show(await ask(await made('TokensPageQuery')))()
  expect(value.accessTokens.edges[0].node.provider).toEqual({ id: 'OAuth2Provider:1', name: 'Grafana', clientId: null })
})

it('gives non-null types for what is null only with an error, if `@throwOnFieldError` is said', () => {
  const typesOf = (code: string) =>
    readFileSync(join(compile(code), 'src/__generated__/Tokens_query.graphql.ts'), 'utf8')
  const code = pieceOf('Relay', 'js')
  expect(typesOf(code)).toMatch(/ clientId: string;/)
  expect(typesOf(code)).toMatch(/ expires: string \| null \| undefined;/)
  for (const [from, to] of [
    [' @throwOnFieldError', ''],
    ['clientId', 'clientId @catch(to: NULL)'],
  ] as const) {
    expect(typesOf(code.replace(from, to))).toMatch(/ clientId: string \| null \| undefined;/)
  }
})

it('takes out all that goes with a user', async () => {
  const { made, ask, commit, read } = await startRelay()
  const query = await made('accessQuery')
  await ask(query)
  expect(read(query).user.sessions.nodes.filter(Boolean)).toHaveLength(4)
  await commit(await made('accessRevokeAllMutation'), {})
  expect(read(query).user.sessions.nodes.filter(Boolean)).toEqual([])
})
