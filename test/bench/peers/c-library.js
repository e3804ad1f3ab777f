// The C library that Tailcall needs, fetched from Debian's next release where this machine has an older one.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const libraries = 'usr/lib/x86_64-linux-gnu'

/** The start of the command line for a program that needs version 2.39: nothing, or the loader of a library put into the folder. */
export function loaderOfNewLibrary(folder) {
  const [major, minor] = process.report.getReport().header.glibcVersionRuntime.split('.').map(Number)
  if (major > 2 || minor >= 39) return []
  const root = fetchLibrary(folder)
  const paths = [join(root, libraries), join('/', libraries)].join(':')
  return [join(root, libraries, 'ld-linux-x86-64.so.2'), '--library-path', paths]
}

/** Unpacks the library of Debian trixie, and returns where it is. The machine's own stays as it is. */
function fetchLibrary(folder) {
  const sources = join(folder, 'sources.list')
  const lists = join(folder, 'lists')
  const root = join(folder, 'root')
  mkdirSync(join(lists, 'partial'), { recursive: true })
  writeFileSync(sources, `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror()} trixie main\n`)
  const options = [
    `Dir::Etc::SourceList=${sources}`,
    'Dir::Etc::SourceParts=-',
    `Dir::State::Lists=${lists}`,
    `Dir::Cache=${folder}`,
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option])
  run('apt-get', [...options, 'update'], folder)
  run('apt-get', [...options, 'download', 'libc6'], folder)
  const archive = readdirSync(folder).find((name) => name.endsWith('.deb'))
  run('dpkg-deb', ['-x', archive, root], folder)
  return root
}

/** Where this machine gets Debian's packages. */
function mirror() {
  const listed = run('apt-get', ['indextargets', '--format', '$(LABEL) $(REPO_URI)'])
  const [, uri] = /^Debian (\S+)$/m.exec(listed) ?? []
  if (!uri) throw new Error('Tailcall needs a newer C library, and apt has no list of a mirror of Debian.')
  return uri
}

/** What a program prints. Throws if it fails. */
function run(name, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(name, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${name} ${args.at(-1)} fails: ${error ?? stderr}`)
  return stdout
}
