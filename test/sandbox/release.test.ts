import { describe, expect, it } from 'vitest'
import { since } from '../../src/releases.ts'
import { type Release, releases, startSandbox } from '../../src/sandbox/server.ts'
import { ask } from './ask.ts'

const stormWatch = '67726f75-7000-4000-8000-000000000006'
const platform = '67726f75-7000-4000-8000-000000000003'
const customerCare = '67726f75-7000-4000-8000-000000000007'

async function play(release: Release, path: string) {
  const sandbox = await startSandbox({ release })
  const { body } = await ask(sandbox, path, { token: 'demo-superuser' })
  await sandbox.close()
  return body
}

/** The properties that some releases send and others do not: the first that sends one, and the first that no longer does. */
const properties: [path: string, property: string, first: string, firstWithout?: string][] = [
  ['providers/oauth2/1/', 'jwks_sources', '2024.10', '2024.12'],
  ['providers/oauth2/1/', 'jwt_federation_sources', '2024.12'],
  ['providers/oauth2/1/', 'jwt_federation_providers', '2024.12'],
  ['providers/oauth2/1/', 'backchannel_logout_uri', '2025.8', '2025.10'],
  ['providers/oauth2/1/', 'logout_uri', '2025.10'],
  ['providers/oauth2/1/', 'logout_method', '2025.10'],
  ['providers/oauth2/1/', 'refresh_token_threshold', '2025.10'],
  ['providers/oauth2/1/', 'grant_types', '2026.5'],
  ['providers/oauth2/1/', 'redirect_uris.0.redirect_uri_type', '2026.5'],
  ['core/users/8/', 'password_change_date', '2025.2'],
  ['core/users/8/', 'date_joined', '2025.4'],
  ['core/users/8/', 'last_updated', '2025.8'],
  ['core/users/8/', 'roles', '2025.12'],
  ['core/users/8/', 'roles_obj', '2025.12'],
  ['core/users/8/', 'groups_obj.0.parent', '2024.10', '2025.12'],
  ['core/users/8/', 'groups_obj.0.parent_name', '2024.10', '2025.12'],
  ['core/users/me/', 'user.roles', '2025.12'],
  ['core/users/me/', 'user.is_current', '2026.8'],
  ['core/users/me/', 'users', '2026.8'],
  [`core/groups/${stormWatch}/`, 'parent', '2024.10', '2025.12'],
  [`core/groups/${stormWatch}/`, 'parent_name', '2024.10', '2025.12'],
  [`core/groups/${stormWatch}/`, 'parents', '2025.12'],
  [`core/groups/${stormWatch}/`, 'parents_obj', '2025.12'],
  [`core/groups/${stormWatch}/`, 'inherited_roles_obj', '2025.12'],
  [`core/groups/${stormWatch}/`, 'children', '2025.8'],
  [`core/groups/${stormWatch}/`, 'children_obj', '2025.8'],
  ['core/groups/', 'autocomplete', '2025.8'],
]

describe.each(releases)('playing %s', (release) => {
  const sends = ([, , first, firstWithout]: (typeof properties)[number]) =>
    since(release, first) && !(firstWithout && since(release, firstWithout))

  it.each(properties.filter(sends))('answers %s with %s', async (path, property) => {
    expect(await play(release, path)).toHaveProperty(property)
  })

  it.each(properties.filter((row) => !sends(row)))('answers %s without %s', async (path, property) => {
    expect(await play(release, path)).not.toHaveProperty(property)
  })

  it('starts as what was asked for', async () => {
    const sandbox = await startSandbox({ release })
    expect(sandbox.release).toBe(release)
    await sandbox.close()
  })
})

it('plays the newest release unless another one is asked for', async () => {
  const sandbox = await startSandbox()
  expect(sandbox.release).toBe(releases.at(-1))
  await sandbox.close()
})

describe.each(['access_tokens', 'refresh_tokens', 'authorization_codes'])('the provider in %s', (kind) => {
  it.each<[Release, boolean]>([
    ['2024.10.0', true],
    ['2024.10', true],
    ['2025.10', true],
    ['2025.12.0', true],
    ['2025.12', false],
    ['2026.2.0', true],
    ['2026.2', false],
    ['2026.5.0-rc1', true],
    ['2026.5', false],
    ['2026.8', false],
  ])('in %s: whole is %s', async (release, whole) => {
    const body = await play(release, `oauth2/${kind}/5/`)
    if (whole) expect(body).toHaveProperty('provider.client_secret')
    else expect(body).not.toHaveProperty('provider.client_id')
    expect(body).toHaveProperty('provider.meta_model_name')
  })
})

interface Names {
  readonly assigned_backchannel_application_slug?: string | null
  readonly assigned_backchannel_application_name?: string | null
}

describe('a provider', () => {
  it('spells its redirect URIs as one text up to 2024.10.2', async () => {
    const uris = 'https://wiki.nordlicht.example/callback\nhttps://wiki-[a-z]+\\.nordlicht\\.example/.*'
    expect(await play('2024.10.0', 'providers/oauth2/2/')).toMatchObject({ redirect_uris: uris })
    expect(await play('2024.10', 'providers/oauth2/2/')).toMatchObject({
      redirect_uris: [{ matching_mode: 'strict' }, { matching_mode: 'regex' }],
    })
  })

  it.each(releases)(
    'without an application has null for its name, and before 2025.10 nothing for a backchannel one, in %s',
    async (release) => {
      const body = await play(release, 'providers/oauth2/9/')
      expect(body).toMatchObject({ assigned_application_slug: null, assigned_application_name: null })
      const { assigned_backchannel_application_slug: slug, assigned_backchannel_application_name: name } = body as Names
      const expected = since(release, '2025.10') ? null : undefined
      expect([slug, name]).toEqual([expected, expected])
    },
  )

  it('has grant types since 2026.5, which its first candidate lacks', async () => {
    expect(await play('2026.5.0-rc1', 'providers/oauth2/2/')).not.toHaveProperty('grant_types')
    expect(await play('2026.5.0-rc1', 'providers/oauth2/2/')).toHaveProperty('redirect_uris.0.redirect_uri_type')
    expect(await play('2026.5', 'providers/oauth2/2/')).toHaveProperty('grant_types')
  })

  it('names its backchannel application where it has one', async () => {
    expect(await play('2026.8', 'providers/oauth2/6/')).toMatchObject({
      assigned_application_slug: 'forge',
      assigned_backchannel_application_slug: 'forge-provisioning',
    })
  })
})

describe('flags', () => {
  it.each<[Release, string, string, unknown]>([
    ['2026.8', 'core/users/8/', 'groups_obj', expect.any(Array)],
    ['2026.8', 'core/users/8/?include_groups=false', 'groups_obj', null],
    ['2026.8', 'core/users/8/?include_groups=TRUE', 'groups_obj', expect.any(Array)],
    ['2026.8', 'core/users/8/?include_groups=1', 'groups_obj', null],
    ['2026.8', 'core/users/8/?include_roles=false', 'roles_obj', null],
    ['2026.8', 'oauth2/access_tokens/42/?include_groups=false', 'user.groups_obj', null],
    ['2024.10', 'oauth2/access_tokens/42/?include_groups=false', 'user.groups_obj', null],
    ['2024.10', 'oauth2/access_tokens/42/', 'user.groups_obj', expect.any(Array)],
    ['2026.8', `core/groups/${stormWatch}/`, 'users_obj', expect.any(Array)],
    ['2026.8', `core/groups/${stormWatch}/?include_users=false`, 'users_obj', null],
    ['2026.8', `core/groups/${stormWatch}/?include_users=false`, 'users', [4, 14, 15, 16, 19]],
    ['2026.8', `core/groups/${stormWatch}/`, 'parents_obj', null],
    [
      '2026.8',
      `core/groups/${stormWatch}/?include_parents=true`,
      'parents_obj',
      [{ name: 'Platform' }, { name: 'Customer care' }],
    ],
    ['2026.8', `core/groups/${platform}/`, 'children_obj', null],
    [
      '2025.8',
      `core/groups/${platform}/?include_children=true`,
      'children_obj',
      [{ name: 'Administrators' }, { name: 'Storm watch' }],
    ],
    ['2026.8', `core/groups/${stormWatch}/`, 'inherited_roles_obj', null],
    [
      '2026.8',
      `core/groups/${stormWatch}/?include_inherited_roles=true`,
      'inherited_roles_obj',
      [{ name: 'Observer' }],
    ],
  ])('in %s make of %s: %s', async (release, path, property, value) => {
    const matching = Array.isArray(value)
      ? value.map((item) => (typeof item === 'object' ? expect.objectContaining(item) : item))
      : value
    expect(await play(release, path)).toHaveProperty(property, matching)
  })
})

describe('a group with two parents', () => {
  it('has the first of them before 2025.12', async () => {
    expect(await play('2025.10', `core/groups/${stormWatch}/`)).toMatchObject({
      parent: platform,
      parent_name: 'Platform',
    })
  })

  it('has both since', async () => {
    expect(await play('2025.12', `core/groups/${stormWatch}/`)).toMatchObject({ parents: [platform, customerCare] })
  })
})

describe('an absent object', () => {
  it.each<[Release, string]>([
    ['2025.4', 'Not found.'],
    ['2025.6', 'No AccessToken matches the given query.'],
  ])('is answered by %s with "%s"', async (release, detail) => {
    expect(await play(release, 'oauth2/access_tokens/301/')).toEqual({ detail })
  })
})
