import { execFile } from 'node:child_process'
import { chmodSync, chownSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, posix } from 'node:path'
import { promisify } from 'node:util'
import { type Copy, DockerfileParser, type Env } from 'dockerfile-ast'

const root = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')

export const dockerfile = read('Dockerfile')
export const instructionsIn = (text: string) => DockerfileParser.parse(text).getInstructions()
export const instructions = instructionsIn(dockerfile)

/** What a stage of the Dockerfile has made, or is to run. */
export interface Stage {
  readonly root: string
  workdir: string
  env: Record<string, string>
  user: string
  port: string
  health: readonly string[]
  command: readonly string[]
}

/** The words of a command that is written as a JSON list, so that no shell stands between. */
const listIn = (text: string): string[] => JSON.parse(text.slice(text.indexOf('[')))

/** Copies what the Dockerfile may copy of the repository. Gives the folder. */
export function copyContext(folder: string): string {
  const context = join(folder, 'context')
  const [all, ...kept] = read('.dockerignore').trim().split('\n')
  if (all !== '*') throw new Error('The file .dockerignore lets in more than it names')
  for (const path of kept) cpSync(join(root, path.slice(1)), join(context, path.slice(1)), { recursive: true })
  return context
}

/** Runs the steps of a Dockerfile over its context, each stage over a folder that stands for its root. Gives the last stage. */
export async function build(folder: string, steps: typeof instructions, context: string): Promise<Stage> {
  const stages: Stage[] = []
  const last = () => stages.at(-1) as Stage
  const named: Record<string, Stage> = {}
  for (const instruction of steps) {
    const words = instruction.getArguments().map((argument) => argument.getValue())
    const [first = ''] = words
    const text = instruction.getArgumentsContent() ?? ''
    const keyword = instruction.getKeyword()
    if (keyword === 'FROM') {
      const stage = { root: join(folder, `stage-${stages.length}`), workdir: '/', env: {}, user: '', port: '' }
      mkdirSync(stage.root)
      stages.push({ ...stage, health: [], command: [] })
      if (words[2]) named[words[2]] = last()
      continue
    }
    const stage = last()
    const inside = (path: string) => join(stage.root, posix.resolve(stage.workdir, path))
    if (keyword === 'WORKDIR') {
      mkdirSync(inside(first), { recursive: true })
      stage.workdir = posix.resolve(stage.workdir, first)
    } else if (keyword === 'COPY') {
      const flags = (instruction as Copy).getFlags().map((flag) => `${flag.getName()}=${flag.getValue()}`)
      const from = flags.length ? named[/^from=(\w+)$/.exec(flags.join(' '))?.[1] ?? '']?.root : context
      if (!from) throw new Error(`The Dockerfile has a way to copy that is not known here: ${flags}`)
      const to = words.at(-1) ?? ''
      for (const path of words.slice(0, -1)) {
        const source = join(from, path)
        // As in Docker, of a folder its contents are copied.
        const target = to.endsWith('/') && !statSync(source).isDirectory() ? `${to}${basename(path)}` : to
        cpSync(source, inside(target), { recursive: true, verbatimSymlinks: true })
      }
    } else if (keyword === 'RUN') {
      const env = { ...process.env, npm_config_prefer_offline: 'true', ...stage.env }
      await promisify(execFile)('sh', ['-c', text], { cwd: inside('.'), env, timeout: 120_000 })
    } else if (keyword === 'ENV') {
      for (const property of (instruction as Env).getProperties()) {
        stage.env[property.getName()] = property.getValue() ?? ''
      }
    } else if (keyword === 'USER') stage.user = first
    else if (keyword === 'EXPOSE') stage.port = first
    else if (keyword === 'HEALTHCHECK') stage.health = listIn(text)
    else if (keyword === 'CMD') stage.command = listIn(text)
    else throw new Error(`The Dockerfile has a step that is not run here: ${keyword}`)
  }
  return last()
}

/** Takes the right to write from everybody, and gives the files to root if the tests are run by root. */
export function makeReadOnly(path: string): void {
  const status = statSync(path, { throwIfNoEntry: false })
  if (!status) return
  if (status.isDirectory()) for (const entry of readdirSync(path)) makeReadOnly(join(path, entry))
  if (process.getuid?.() === 0) chownSync(path, 0, 0)
  chmodSync(path, status.mode & 0o555)
}

/** Gives the right to write back, so that the folder can be removed. */
export function makeWritable(path: string): void {
  chmodSync(path, 0o755)
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) makeWritable(join(path, entry.name))
  }
}
