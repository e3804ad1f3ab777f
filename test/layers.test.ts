import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '../src')
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

/** Which files a file imports, from the root of the sources. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  return [...text.matchAll(/^(?:import|export)\s[^'"]*?['"](\.[^'"]+)['"]/gm)].map(([, path = '']) =>
    relative(root, join(root, dirname(file), path)),
  )
}

/** What each part may import, beside itself: imports point one way. */
const layers: Record<string, readonly string[]> = {
  'index.ts': ['config', 'gateway.ts', 'http'],
  cli: ['config', 'gateway.ts', 'sandbox', 'check', 'limits.ts', 'observe'],
  check: ['drift', 'authentik', 'limits.ts', 'releases.ts'],
  drift: ['schema', 'graph', 'authentik', 'limits.ts'],
  config: ['http', 'releases.ts', 'limits.ts', 'observe'],
  'gateway.ts': ['http', 'execute', 'schema', 'context.ts', 'authentik', 'limits.ts', 'observe', 'config'],
  http: ['execute', 'context.ts', 'errors.ts', 'limits.ts', 'observe', 'shares.ts', 'event-loop.ts'],
  execute: ['graph', 'context.ts', 'limits.ts'],
  schema: ['graph', 'context.ts', 'authentik', 'errors.ts', 'limits.ts', 'observe'],
  graph: ['context.ts', 'authentik', 'errors.ts', 'limits.ts'],
  'context.ts': ['authentik', 'observe', 'shares.ts'],
  authentik: ['errors.ts', 'limits.ts', 'releases.ts', 'observe', 'shares.ts', 'event-loop.ts'],
  'errors.ts': ['limits.ts'],
  'limits.ts': ['limits'],
  limits: [],
  'shares.ts': [],
  'event-loop.ts': [],
  'releases.ts': [],
  observe: ['limits.ts'],
  sandbox: ['releases.ts'],
}

const layerOf = (file: string) => file.split('/')[0] ?? ''

it.each(files)('%s imports only what stands below it', (file) => {
  const allowed = layers[layerOf(file)]
  expect(allowed).toBeDefined()
  const wrong = importsOf(file).filter((path) => layerOf(path) !== layerOf(file) && !allowed?.includes(layerOf(path)))
  expect(wrong).toEqual([])
})

it.each(files)('%s is in no circle of imports', (file) => {
  const reached = new Set<string>()
  const follow = (from: string) => {
    for (const path of importsOf(from)) {
      if (reached.has(path)) continue
      reached.add(path)
      follow(path)
    }
  }
  follow(file)
  expect(reached).not.toContain(file)
})

it('the schema sees no header and no status, the client no GraphQL document', () => {
  const text = (folder: string) =>
    files
      .filter((file) => file.startsWith(folder))
      .map((file) => readFileSync(join(root, file), 'utf8'))
      .join()
  expect(text('schema/')).not.toMatch(/headers|statusCode|\.status\b|undici/)
  expect(text('authentik/')).not.toMatch(/from 'graphql/)
})

it.each(files)('%s has one subject, and at most 250 lines', (file) => {
  const lines = readFileSync(join(root, file), 'utf8').split('\n').length
  expect(lines).toBeLessThanOrEqual(file === 'authentik/openapi.ts' ? Number.POSITIVE_INFINITY : 251)
})
