// Fails when schema.graphql breaks what the newest release promised: compares it with schema.graphql at the newest v* tag. So does
// subgraph.graphql when it has lost a key, by which other subgraphs name objects.
// A breaking change that is meant is declared in package.json, "breakingChanges", by the path that is printed here.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { CriticalityLevel, diff } from '@graphql-inspector/core'
import { buildSchema } from 'graphql'
import { semanticToStrict } from 'graphql-sock'

const git = (...args) => execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
const [tag] = git('tag', '--list', 'v*', '--sort=-version:refname')
  .split('\n')
  .filter((name) => /^v\d+\.\d+\.\d+$/.test(name))

if (tag) await compare(tag)
else console.log('No v* tag yet: there is nothing to compare schema.graphql with.')

async function compare(tag) {
  const before = buildSchema(git('show', `${tag}:schema.graphql`))
  const now = buildSchema(readFileSync('schema.graphql', 'utf8'))
  const { breakingChanges: declared = [] } = JSON.parse(readFileSync('package.json', 'utf8'))
  // Clients that handle errors take what is null only with an error to be non-null.
  const breaking = [
    ...(await breaks(before, now)),
    ...(await breaks(semanticToStrict(before), semanticToStrict(now))),
  ].filter(({ path }, index, all) => all.findIndex((other) => other.path === path) === index)
  for (const path of lostKeys(tag)) breaking.push({ path, message: 'This key is gone from subgraph.graphql' })
  const undeclared = breaking.filter(({ path }) => !declared.includes(path))
  for (const { path, message } of undeclared) console.error(`${path}: ${message}`)
  console.log(`${breaking.length} breaking changes since ${tag}, ${undeclared.length} of them not declared.`)
  if (undeclared.length > 0) process.exit(1)
}

async function breaks(before, now) {
  return (await diff(before, now)).filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking)
}

function lostKeys(tag) {
  // Early releases have no such file.
  const before = git('ls-tree', '--name-only', tag, 'subgraph.graphql') && git('show', `${tag}:subgraph.graphql`)
  const now = keysOf(readFileSync('subgraph.graphql', 'utf8'))
  return keysOf(before).filter((key) => !now.includes(key))
}

/** The keys in an SDL: "User.pk". */
function keysOf(sdl) {
  return [...sdl.matchAll(/^(?:type|interface) (\w+)[^{]*/gm)].flatMap(([line, type]) =>
    [...line.matchAll(/@key\(fields: "(\w+)"/g)].map(([, field]) => `${type}.${field}`),
  )
}
