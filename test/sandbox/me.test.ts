import { expect, it } from 'vitest'
import { type Release, startSandbox } from '../../src/sandbox/server.ts'
import { ask } from './ask.ts'

interface Me {
  user: { groups: { name: string; pk: string }[] }
}

async function askMe(release: Release, token: string): Promise<Me> {
  const sandbox = await startSandbox({ release })
  const { body } = await ask(sandbox, 'core/users/me/', { token })
  await sandbox.close()
  return body as Me
}

it.each<[Release, string[]]>([
  [
    '2025.10',
    ['Administrators', 'Engineering', 'Engineering', 'Nordlicht', 'Nordlicht', 'Platform', 'Platform', 'Storm watch'],
  ],
  ['2025.12', ['Administrators', 'Customer care', 'Engineering', 'Nordlicht', 'Platform', 'Storm watch']],
])('tells the groups of the caller, inherited ones included, as %s does', async (release, names) => {
  const { user } = await askMe(release, 'demo-superuser')
  expect(user.groups.map((group) => group.name)).toEqual(names)
})

it.each([
  ['demo-superuser', { locale: 'sv' }, 'internal', true],
  ['demo-plain', {}, 'internal', false],
  ['demo-auditor', { locale: 'de' }, 'internal', false],
  ['demo-outpost', {}, 'internal_service_account', false],
])('tells %s of settings %j, type %s and superuser %s', async (token, settings, type, superuser) => {
  const { user } = await askMe('2026.8', token)
  const system_permissions = superuser ? expect.arrayContaining(['view_system_info']) : []
  expect(user).toMatchObject({ settings, type, is_superuser: superuser, system_permissions })
})

it('has no attributes, path, uuid and times, as other users have', async () => {
  const { user } = await askMe('2026.8', 'demo-plain')
  for (const property of ['attributes', 'path', 'uuid', 'last_login', 'date_joined', 'groups_obj']) {
    expect(user).not.toHaveProperty(property)
  }
})
