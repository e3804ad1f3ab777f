import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { codeOf, pieceOf, startFolder } from '../clients-page.ts'
import { startGateway } from '../start.ts'

// What docs/clients.md says of graphql-codegen, by its own code.

const root = join(import.meta.dirname, '../..')
const run = promisify(execFile)

/** A folder with the page's files, over that gateway, in which graphql-codegen has run. */
async function generate(url: string, { token = '', config = pieceOf('graphql-codegen', 'js') } = {}) {
  const folder = startFolder(join(import.meta.dirname, 'node_modules'), {
    'codegen.js': config,
    'package.json': '{ "type": "module" }',
  })
  await run('sh', ['-c', pieceOf('Clients', 'sh').replace('> ', `> ${folder}/`)], { cwd: root })
  mkdirSync(join(folder, 'src'))
  writeFileSync(join(folder, 'src/tokens.graphql'), pieceOf('Clients', 'graphql'))
  writeFileSync(join(folder, 'src/client.ts'), codeOf('graphql-codegen', 'ts', url, token))
  const cli = join(folder, 'node_modules/@graphql-codegen/cli/cjs/bin.js')
  await run(process.execPath, [cli, '--config', 'codegen.js'], { cwd: folder })
  return folder
}

/** What TypeScript says of the page's code, over the types that were generated. */
async function check(folder: string): Promise<string> {
  const flags = [
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--module',
    'esnext',
    '--moduleResolution',
    'bundler',
    '--target',
    'es2022',
  ]
  const tsc = join(root, 'node_modules/.bin/tsc')
  return run(tsc, [...flags, 'src/client.ts'], { cwd: folder }).then(
    () => '',
    ({ stdout }) => stdout,
  )
}

it('gives non-null types for what is null only with an error, to clients that throw then', async () => {
  const { url } = await startGateway()
  const folder = await generate(url, { token: 'demo-superuser' })
  expect(await check(folder)).toBe('')
  const types = readFileSync(join(folder, 'src/gql/graphql.ts'), 'utf8')
  expect(types).toMatch(/ clientId: string,? /)
  expect(types).toMatch(/ expires: string \| null/)
  const { readClientIds } = await import(join(folder, 'src/client.ts'))
  expect((await readClientIds())[0]).toBe('demo-client-weather-map')
})

it('throws the error where such a field failed', async () => {
  const { url } = await startGateway()
  const { readClientIds } = await import(join(await generate(url, { token: 'demo-plain' }), 'src/client.ts'))
  await expect(readClientIds()).rejects.toThrow('authentik checks the right view_oauth2provider here.')
})

it('gives nullable types without `nullability`', async () => {
  const { url } = await startGateway()
  const config = pieceOf('graphql-codegen', 'js').replace(/ *nullability: .*\n/, '')
  const folder = await generate(url, { config })
  expect(readFileSync(join(folder, 'src/gql/graphql.ts'), 'utf8')).toMatch(/ clientId: string \| null/)
  expect(await check(folder)).toContain("'accessTokens' is possibly 'null'")
})
