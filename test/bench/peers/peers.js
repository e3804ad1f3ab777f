// The peers: what else answers GraphQL over REST, each by its name, as `systems.js` has what is always measured.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { startNode } from '../processes.js'
import { startTailcall } from './tailcall.js'

const folder = import.meta.dirname

/** Installs the peers, unless they are there. They run no scripts of their own meanwhile. */
export function installPeers() {
  if (existsSync(join(folder, 'node_modules'))) return
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder]
  const { status } = spawnSync('npm', args, { stdio: ['ignore', 2, 2] })
  if (status !== 0) throw new Error('The peers cannot be installed.')
}

const startScript = (name, authentik) => startNode([join(folder, name)], { env: { AUTHENTIK_URL: authentik } })

/** What is measured with `--peers`. */
export const peers = {
  'Mercurius + JIT': (authentik) => startScript('mercurius.js', authentik),
  Tailcall: startTailcall,
  'Apollo Server + datasource-rest': (authentik) => startScript('apollo.js', authentik),
  'Hive Gateway': (authentik) => startScript('hive.js', authentik),
}
