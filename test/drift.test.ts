import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { listen } from './start.ts'

const root = join(import.meta.dirname, '..')
const newest = readFileSync(join(root, 'node_modules/@goauthentik/api/schema.yml'), 'utf8')

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the script, without network unless the environment tells of some. */
function drift(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const offline = {
    PATH: process.env['PATH'] ?? '',
    npm_config_registry: 'http://127.0.0.1:9',
    TMPDIR: folder(),
    // Where node caches what it compiled of npm, it does so in that folder.
    NODE_DISABLE_COMPILE_CACHE: '1',
    ...env,
  }
  return new Promise((resolve) => {
    execFile(process.execPath, ['scripts/drift.js', ...args], { cwd: root, env: offline }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    )
  })
}

let newestTold: Promise<Outcome> | undefined

function toldOfNewest(): Promise<Outcome> {
  newestTold ??= drift(['2026.8.3'])
  return newestTold
}

/** A folder that goes with the test. */
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'drift-test-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

// biome-ignore lint/suspicious/noExplicitAny: a document of any shape, to be changed
type Document = any

const unchanged = JSON.stringify(parse(newest))

/** What the script tells of the newest document with a change, under a heading, and how it ends. */
async function driftOf(heading: string, change: (document: Document) => void) {
  const document = JSON.parse(unchanged)
  change(document)
  const file = join(folder(), 'schema.json')
  writeFileSync(file, JSON.stringify(document))
  const { code, stdout } = await drift([file])
  return { code, lines: linesUnder(heading, stdout) }
}

function linesUnder(heading: string, stdout: string): string[] {
  const [, text = ''] = new RegExp(`^${heading}\n((?:  .*\n)*)`, 'm').exec(stdout) ?? []
  return text.split('\n').flatMap((line) => (line ? [line.trim()] : []))
}

const known = /^(AccessToken|RefreshToken|AuthorizationCode|OAuth2Provider|RedirectUri|User|Group|me)\b/

/** The report without what it tells of other types: each of them has a test of its own. */
function ofKnownTypes(stdout: string): string {
  const lines = stdout.split('\n').flatMap((line) => {
    const [, subjects = '', rest] = /^ {2}([^:]*)(:.*)$/.exec(line) ?? []
    if (rest === undefined) return [line.replace(/\d+(?= (null|costing|not))/g, '...')]
    const left = subjects.split(', ').filter((subject) => known.test(subject))
    return left.length > 0 ? [`  ${left.join(', ')}${rest}`] : []
  })
  return lines.join('\n')
}

/** Lists the named parameter no more. */
function drop(document: Document, path: string, parameter: string) {
  const { get } = document.paths[path]
  get.parameters = get.parameters.filter(({ name }: { name?: string }) => name !== parameter)
}

describe('Of a release', () => {
  it('tells what it means for the graph, the gravest first', async () => {
    const { code, stdout, stderr } = await drift(['2025.10.4'])
    expect(ofKnownTypes(stdout)).toMatchInlineSnapshot(`
      "authentik 2025.10.4, held against what this gateway reads and sends.

      Null, or never occurs
        OAuth2Provider.grantTypes: there is no "grant_types"; null on this release
        RedirectUri.redirectUriType: there is no "redirect_uri_type"; null on this release

      Costs more
        me: without lastLogin, attributes, path, uuid, dateJoined, lastUpdated, passwordChangeDate, groups; loaded by one more request for each distinct User, which needs the right view_user
        User.groups: without children, users; loaded by one more request for each distinct Group, which needs the right view_group
        User.effectiveGroups, Group.parent, Group.parents: without numPk, isSuperuser, attributes, parent, parentName, parents, children, users; loaded by one more request for each distinct Group, which needs the right view_group
        Group.children: without numPk, parent, parentName, parents, children, users; loaded by one more request for each distinct Group, which needs the right view_group

      Not in the graph
        User in me: "settings", object; no field reads it
        User in me: "system_permissions", a list of string; no field reads it
        Group: "roles", a list of string (uuid); no field reads it
        Group: "roles_obj", a list of object; no field reads it
        Group in Group.children: "group_uuid", string (uuid); no field reads it

      Nothing breaks; ... null, ... costing more, ... not in the graph.
      "
    `)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  it('finds nothing broken and nothing null in the newest', async () => {
    const { code, stdout } = await toldOfNewest()
    expect(code).toBe(0)
    expect(stdout.match(/^\w.*(?=\n {2})/gm)).toEqual(['Costs more', 'Not in the graph'])
    expect(stdout).toMatch(/\nNothing breaks; 0 null, \d+ costing more, \d+ not in the graph\.\n$/)
  })

  it('tells that grants carry their provider shortened since CVE-2026-40166 was fixed', async () => {
    const carried =
      'AccessToken.provider, RefreshToken.provider, AuthorizationCode.provider: without clientType, clientId,'
    const loaded =
      'loaded by one more request for each distinct OAuth2Provider, which needs the right view_oauth2provider'
    const [, line] = linesUnder('Costs more', ofKnownTypes((await toldOfNewest()).stdout))
    expect([line?.slice(0, carried.length), line?.split('; ')[1]]).toEqual([carried, loaded])
    expect(ofKnownTypes((await drift(['2025.10.4'])).stdout)).not.toContain('provider: without')
  })
})

describe('Breaks', () => {
  const breaks = (change: (document: Document) => void) => driftOf('Breaks', change)

  it('tells a non-null field whose property is gone', async () => {
    const { code, lines } = await breaks(({ components }) => delete components.schemas.RedirectURI.properties.url)
    expect(code).toBe(2)
    expect(lines).toEqual([
      'RedirectUri.url: there is no "url"; fails with UPSTREAM_INVALID_RESPONSE, and the whole RedirectUri is lost',
    ])
  })

  it('tells a nullable field whose properties every supported release sends, when they are gone', async () => {
    const { code, lines } = await breaks(({ components: { schemas } }) => {
      delete schemas.User.properties.avatar
      delete schemas.OAuth2Provider.properties.jwt_federation_sources
    })
    expect(code).toBe(2)
    expect(lines).toEqual([
      'OAuth2Provider.jwksSources: there is no "jwks_sources" and no "jwt_federation_sources"; fails with UPSTREAM_INVALID_RESPONSE',
      'OAuth2Provider.jwtFederationSources: there is no "jwt_federation_sources" and no "jwks_sources"; fails with UPSTREAM_INVALID_RESPONSE',
      'User.avatar: there is no "avatar"; fails with UPSTREAM_INVALID_RESPONSE',
    ])
  })

  it('tells a non-null field whose property may be null or be left out', async () => {
    const { code, lines } = await breaks(({ components: { schemas } }) => {
      schemas.User.properties.username.nullable = true
      schemas.TokenModel.properties.scope.items.nullable = true
      schemas.Group.required = schemas.Group.required.filter((name: string) => name !== 'name')
    })
    expect(code).toBe(2)
    expect(lines.map((line) => line.split(' fails')[0])).toEqual([
      'AccessToken.scope: "scope" may hold null;',
      'RefreshToken.scope: "scope" may hold null;',
      'User.username: "username" may be null;',
      'Group.name: "name" may be left out;',
    ])
  })

  it('tells a body without its key, which cannot be loaded either', async () => {
    const { lines } = await breaks(({ components }) => delete components.schemas.PartialGroup.properties.pk)
    expect(lines).toEqual([
      'Group.id, Group.pk in User.groups: there is no "pk"; fails with UPSTREAM_INVALID_RESPONSE, and the whole Group is lost',
    ])
  })

  it('tells a property of another type or format', async () => {
    const { code, lines } = await breaks(({ components: { schemas } }) => {
      schemas.TokenModel.properties.revoked.type = 'string'
      schemas.OAuth2Provider.properties.property_mappings.items = { type: 'integer' }
      schemas.User.properties.last_login.format = 'date'
      schemas.User.properties.groups_obj = { type: 'boolean' }
    })
    expect(code).toBe(2)
    expect(lines).toEqual([
      'AccessToken.revoked: "revoked" is string, read as Boolean; fails with UPSTREAM_INVALID_RESPONSE',
      'RefreshToken.revoked: "revoked" is string, read as Boolean; fails with UPSTREAM_INVALID_RESPONSE',
      'OAuth2Provider.propertyMappings: "property_mappings" is a list of integer, read as [UUID!]; fails with UPSTREAM_INVALID_RESPONSE',
      'User.lastLogin: "last_login" is string (date), read as DateTime; fails with UPSTREAM_INVALID_RESPONSE',
      'User.groups: "groups_obj" is boolean, read as [Group!]; fails with UPSTREAM_INVALID_RESPONSE',
    ])
  })

  it('tells a path, a deletion or an answer that is gone', async () => {
    const { code, lines } = await breaks(({ paths, components: { schemas } }) => {
      delete paths['/oauth2/refresh_tokens/']
      delete paths['/oauth2/access_tokens/{id}/'].delete
      delete schemas.SessionUser.properties.user
      delete schemas.PaginatedGroupList.properties.results
      schemas.PaginatedUserList.properties.pagination = { type: 'object' }
    })
    expect(code).toBe(2)
    expect(lines).toEqual([
      'accessToken: there is no DELETE /oauth2/access_tokens/{id}/; none can be revoked',
      'refreshTokens: there is no GET /oauth2/refresh_tokens/; fails with UPSTREAM_INVALID_RESPONSE',
      'users: there is no "count" in the answer; fails with UPSTREAM_INVALID_RESPONSE',
      'users: there is no "total_pages" in the answer; fails with UPSTREAM_INVALID_RESPONSE',
      'users: there is no "start_index" in the answer; fails with UPSTREAM_INVALID_RESPONSE',
      'me: there is no "user" in the answer; fails with UPSTREAM_INVALID_RESPONSE',
      'groups: there is no "results" in the answer; fails with UPSTREAM_INVALID_RESPONSE',
    ])
  })

  it('tells the parameter of a filter or of pages that is gone', async () => {
    const { code, lines } = await breaks((document) => {
      drop(document, '/core/users/', 'groups_by_pk')
      drop(document, '/providers/oauth2/', 'client_id')
      drop(document, '/oauth2/access_tokens/', 'user')
      const { get } = document.paths['/core/groups/']
      get.parameters = []
    })
    expect(code).toBe(2)
    expect(lines).toEqual([
      'accessTokens(filter: {user}): there is no parameter "user"; filters nothing, and lists all',
      'oauth2Providers(filter: {clientId}): there is no parameter "client_id"; filters nothing, and lists all',
      'users(filter: {groups}): there is no parameter "groups_by_pk"; filters nothing, and lists all',
      'groups: there is no parameter "ordering"; comes in authentik\'s own order, whose pages may overlap',
      'groups: there is no parameter "page"; every page is the first',
      'groups: there is no parameter "page_size"; pages are of any length',
      'groups(filter: {search}): there is no parameter "search"; filters nothing, and lists all',
      'groups(filter: {name}): there is no parameter "name"; filters nothing, and lists all',
      'groups(filter: {isSuperuser}): there is no parameter "is_superuser"; filters nothing, and lists all',
      'groups(filter: {members}): there is no parameter "members_by_pk"; filters nothing, and lists all',
    ])
  })

  it('tells the groups of the caller that are gone', async () => {
    const { lines } = await breaks(({ components }) => delete components.schemas.UserSelf.properties.groups)
    expect(lines).toEqual(['User.effectiveGroups in me: there is no "groups"; fails with UPSTREAM_INVALID_RESPONSE'])
  })
})

describe('Null', () => {
  const nulls = (change: (document: Document) => void) => driftOf('Null, or never occurs', change)

  it('tells a nullable field whose properties are all gone', async () => {
    const { code, lines } = await nulls(({ components: { schemas } }) => {
      delete schemas.User.properties.last_updated
      delete schemas.OAuth2Provider.properties.logout_uri
    })
    expect(code).toBe(0)
    expect(lines).toEqual([
      'OAuth2Provider.logoutUri: there is no "logout_uri" and no "backchannel_logout_uri"; null on this release',
      'User.lastUpdated: there is no "last_updated"; null on this release',
    ])
  })

  it('tells the values of an enum that the graph does not know, and those that are no more', async () => {
    const { code, lines } = await nulls(({ components: { schemas } }) => {
      schemas.UserTypeEnum.enum.push('robot')
      schemas.MatchingModeEnum.enum = ['strict']
      schemas.User.properties.type = { oneOf: [schemas.User.properties.type, { enum: [''] }, { enum: [null] }] }
      delete schemas.SubModeEnum.enum
    })
    expect(code).toBe(0)
    expect(lines).toEqual([
      'OAuth2Provider.subMode: "sub_mode" may be any text; null with UPSTREAM_INVALID_RESPONSE where the graph does not know it',
      'User.type: "type" may be null; fails with UPSTREAM_INVALID_RESPONSE there',
      'User.type: "type" may be "robot", ""; null with UPSTREAM_INVALID_RESPONSE there: the graph does not know it',
      'User.type in me: "type" may be "robot"; null with UPSTREAM_INVALID_RESPONSE there: the graph does not know it',
      'RedirectUri.matchingMode: "matching_mode" is never "regex"; REGEX never occurs',
    ])
  })

  it('finds what has another name or is a key on older releases', async () => {
    const { lines } = await nulls(({ components: { schemas } }) => {
      const { OAuth2Provider, Group } = schemas
      OAuth2Provider.properties.backchannel_logout_uri = OAuth2Provider.properties.logout_uri
      OAuth2Provider.properties.jwks_sources = OAuth2Provider.properties.jwt_federation_sources
      delete OAuth2Provider.properties.logout_uri
      delete OAuth2Provider.properties.jwt_federation_sources
      Group.properties.parent = { type: 'string', format: 'uuid', nullable: true }
      Group.properties.parent_name = { type: 'string', nullable: true }
      delete Group.properties.parents_obj
    })
    expect(lines).toEqual([])
  })
})

describe('Costs more', () => {
  const costs = (change: (document: Document) => void) => driftOf('Costs more', change)

  it('tells what a shortened body lacks, if the object itself has it', async () => {
    const { code, lines } = await costs(({ components: { schemas } }) => {
      delete schemas.PartialGroup.properties.num_pk
      delete schemas.Group.properties.children_obj
    })
    expect(code).toBe(0)
    expect(lines).toContain(
      'User.groups, Group.parent, Group.parents: without numPk, parent, parentName, parents, users; loaded by one more request for each distinct Group, which needs the right view_group',
    )
  })

  it('tells a list that cannot be left out', async () => {
    const { code, lines } = await costs((document) => {
      drop(document, '/core/groups/', 'include_users')
      drop(document, '/core/groups/{group_uuid}/', 'include_users')
    })
    expect(code).toBe(0)
    expect(lines.filter((line) => line.includes('include_'))).toEqual([
      'group: there is no parameter "include_users"; "users_obj" comes always, or never',
      'groups: there is no parameter "include_users"; "users_obj" comes always, or never',
    ])
  })
})

describe('Not in the graph', () => {
  it('tells what no field reads', async () => {
    const { code, lines } = await driftOf('Not in the graph', ({ components: { schemas } }) => {
      schemas.RedirectURI.properties.weight = { type: 'integer' }
    })
    expect(code).toBe(0)
    expect(lines).toContain('RedirectUri: "weight", integer; no field reads it')
  })
})

describe('A live authentik', () => {
  it.each([
    ['JSON', unchanged],
    ['YAML', newest],
  ])('is asked for its document, in %s, under its sub-path', async (_format, text) => {
    const asked: unknown[] = []
    const { url } = await listen(({ url, headers }, response) => {
      asked.push([url, headers.accept, headers.authorization])
      response.end(text)
    })
    const { code, stdout } = await drift([`${url}/sso/`], { AUTHENTIK_TOKEN: 'demo-superuser' })
    expect(code).toBe(0)
    expect(stdout).toBe((await toldOfNewest()).stdout)
    expect(asked).toEqual([['/sso/api/v3/schema/', 'application/json', 'Bearer demo-superuser']])
  })

  it('is sent no credentials where none are set', async () => {
    let authorization: string | undefined = 'none yet'
    const { url } = await listen((request, response) => {
      authorization = request.headers.authorization
      response.end(unchanged)
    })
    await drift([url])
    expect(authorization).toBeUndefined()
  })

  it.each([
    [403, '{"detail":"Authentication credentials were not provided."}', 'answered 403.'],
    [302, '', 'answered 302.'],
    [200, '<!DOCTYPE html><html></html>', 'What answered is not an OpenAPI document.'],
    [200, '{"error":"authentik starting"}', 'What answered is not an OpenAPI document.'],
  ])('that answers %i %s ends it with one line', async (status, body, line) => {
    const { url } = await listen((_request, response) => void response.writeHead(status, { location: '/' }).end(body))
    const { code, stdout, stderr } = await drift([url])
    expect({ code, stdout, lines: stderr.split('\n').length }).toEqual({ code: 1, stdout: '', lines: 2 })
    expect(stderr).toContain(line)
  })

  it('is not asked with credentials in its URL, nor with a token that no header can hold', async () => {
    const inUrl = await drift(['https://mira:hunter2@auth.example.com'])
    expect(inUrl).toMatchObject({ code: 1, stderr: 'The URL holds credentials: set AUTHENTIK_TOKEN instead.\n' })
    const broken = await drift(['http://127.0.0.1:4000'], { AUTHENTIK_TOKEN: 'hun\nter2' })
    expect(broken.code).toBe(1)
    expect(broken.stderr).not.toContain('ter2')
  })
})

describe('npm', () => {
  /** A registry that has a package of two releases, one of them with a document, and what it was asked. */
  async function startRegistry() {
    const work = folder()
    const pack = (version: string, files: Readonly<Record<string, string>>) => {
      mkdirSync(join(work, version, 'package'), { recursive: true })
      for (const [name, text] of Object.entries(files)) writeFileSync(join(work, version, 'package', name), text)
      execFileSync('tar', ['-czf', join(work, `${version}.tgz`), '-C', join(work, version), 'package'])
      return readFileSync(join(work, `${version}.tgz`))
    }
    const manifest = (version: string) => JSON.stringify({ name: '@goauthentik/api', version })
    const tarballs: Record<string, Buffer> = {
      '2024.12.3': pack('2024.12.3', { 'package.json': manifest('2024.12.3') }),
      '2026.11.9': pack('2026.11.9', { 'package.json': manifest('2026.11.9'), 'schema.yml': 'openapi: 3.0.3' }),
      '2026.11.10': pack('2026.11.10', { 'package.json': manifest('2026.11.10'), 'schema.yml': unchanged }),
      '2026.11.11-rc1': pack('2026.11.11-rc1', { 'package.json': manifest('2026.11.11-rc1') }),
    }
    const { url } = await listen((request, response) => {
      const version = /([^/]+)\.tgz$/.exec(request.url ?? '')?.[1]
      if (version) return void response.end(tarballs[version])
      if (request.url !== '/@goauthentik%2fapi') return void response.writeHead(404).end('{}')
      const versions = Object.keys(tarballs).map((version) => [
        version,
        { name: '@goauthentik/api', version, dist: { tarball: `${url}/${version}.tgz` } },
      ])
      const about = {
        name: '@goauthentik/api',
        'dist-tags': { latest: '2026.11.10' },
        versions: Object.fromEntries(versions),
      }
      response.setHeader('content-type', 'application/json').end(JSON.stringify(about))
    })
    const temporary = folder()
    return { env: { npm_config_registry: url, npm_config_cache: folder(), TMPDIR: temporary }, temporary }
  }

  it.each([
    ['the newest patch of a release', '2026.11'],
    ['the newest release', 'latest'],
  ])('is asked for %s, of which nothing stays behind', async (_what, argument) => {
    const { env, temporary } = await startRegistry()
    const { code, stdout, stderr } = await drift([argument], env)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toBe((await toldOfNewest()).stdout)
    expect(readdirSync(temporary)).toEqual([])
  })

  it.each([
    ['2026.11.9', 'The schema.yml of @goauthentik/api@2026.11.9 is not an OpenAPI document.'],
    ['2024.12.3', '@goauthentik/api@2024.12.3 holds no schema.yml: 2025.8 is the first release that does.'],
    ['2099.1.0', 'npm has no @goauthentik/api@2099.1.0.'],
    ['2099.1', 'npm has no @goauthentik/api of 2099.1.'],
  ])('that has no document of %s ends it with one line', async (version, line) => {
    const { env, temporary } = await startRegistry()
    expect(await drift([version], env)).toEqual({ code: 1, stdout: '', stderr: `${line}\n` })
    expect(readdirSync(temporary)).toEqual([])
  })

  it('that cannot be reached ends it with one line', async () => {
    expect(await drift(['2025.12.6'])).toEqual({ code: 1, stdout: '', stderr: '"npm pack" failed: ECONNREFUSED.\n' })
  })
})

describe('Arguments', () => {
  const usage =
    'Usage: npm run drift -- 2025.10.4 (or 2025.10, latest, https://auth.example.com, a path of a schema.yml)'

  it.each([
    [[], usage],
    [['2025.10.4', '2026.8.3'], usage],
    [['newest'], `"newest" is neither a version nor a URL nor a file. ${usage}`],
    [['--registry=http://x'], `"--registry=http://x" is neither a version nor a URL nor a file. ${usage}`],
    [['http://'], '"http://" is not a URL.'],
    [['package.json'], '"package.json" is not an OpenAPI document.'],
    [['README.md'], '"README.md" is not an OpenAPI document.'],
    [['src'], '"src" cannot be read: EISDIR.'],
  ])('such as %j end it with one line', async (args, line) => {
    expect(await drift(args)).toEqual({ code: 1, stdout: '', stderr: `${line}\n` })
  })
})
