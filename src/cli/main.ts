#!/usr/bin/env node
// Nothing else is loaded before this look, and every Node can read this file: an old one would end with a stack of its own.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major > 20 || (major === 20 && minor >= 19)) {
  import('./commands.ts')
} else {
  process.stderr.write(`authentik-graphql needs Node 20.19 or newer. This is Node ${process.versions.node}.\n`)
  process.exitCode = 1
}
