import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import { ask, askForPage } from './ask.ts'

const group = (number: number) => `67726f75-7000-4000-8000-00000000000${number}`
const unknownUuid = '11111111-1111-1111-1111-111111111111'
const grafana = '61707000-0000-4000-8000-000000000001'
const zoe = '75736572-0000-4000-8000-000000000008'
const notOneOfThem = 'Select a valid choice. That choice is not one of the available choices.'
const notOne = (value: string) => `Select a valid choice. ${value} is not one of the available choices.`

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.close())

describe('a list', () => {
  it.each([
    ['oauth2/access_tokens/?user=5&page_size=3&ordering=pk', [5, 30, 55]],
    ['oauth2/access_tokens/?user=8&provider=1', [42, 56]],
    ['oauth2/access_tokens/?user=8&user=5&provider=6&ordering=pk', [5, 180]],
    ['oauth2/refresh_tokens/?user=5&ordering=pk', [5, 30]],
    ['oauth2/authorization_codes/?user=5', [5]],
    ['providers/oauth2/?client_id=demo-client-wiki', [2]],
    ['providers/oauth2/?name=Forge', [6]],
    ['providers/oauth2/?client_type=public&ordering=pk', [3, 5]],
    [`providers/oauth2/?application=${grafana}`, [1]],
    ['providers/oauth2/?search=meteo', []],
    ['providers/oauth2/?search=M%C3%A9T%C3%A9o', [4]],
    ['providers/oauth2/?include_claims_in_id_token=false', [2]],
    ['core/users/?username=zoe', [8]],
    ['core/users/?email=zoe@nordlicht.example', [8]],
    ['core/users/?name=Zo%C3%AB+%C3%85nstr%C3%B6m', [8]],
    [`core/users/?uuid=${zoe.toUpperCase()}`, [8]],
    ['core/users/?path=partners/ipma', [24]],
    ['core/users/?path_startswith=partners&ordering=pk', [22, 23, 24]],
    ['core/users/?is_active=false', [10]],
    ['core/users/?date_joined__gt=2100-01-01T00:00:00Z', []],
    ['core/users/?date_joined__lt=2100-01-01&ordering=pk&page_size=2', [4, 5]],
    ['core/users/?is_superuser=TRUE&ordering=pk', [4, 28]],
    ['core/users/?type=external&type=service_account&ordering=pk', [22, 23, 24, 25, 26]],
    [`core/users/?groups_by_pk=${group(4)}&groups_by_pk=${group(8)}&ordering=pk`, [4, 10, 28]],
    ['core/users/?groups_by_name=Alumni', [10]],
    ['core/users/?attributes={"badge":"N-0042"}', [8]],
    ['core/users/?attributes={"desk__floor":3,"badge__in":["N-0042"]}', [8]],
    ['core/users/?search=zoe+nstr', [8]],
    ['core/groups/?name=Platform', [group(3)]],
    ['core/groups/?is_superuser=1', [group(4)]],
    ['core/groups/?members_by_pk=7&members_by_pk=4', [group(4), group(6)]],
    ['core/groups/?members_by_username=ina', [group(8)]],
    ['core/groups/?attributes={"on_call__week":12}', [group(3)]],
    ['core/groups/?search=storm', [group(6)]],
  ])('is narrowed by %s', async (path, keys) => {
    const { results } = await askForPage(sandbox, path)
    expect(results.map((row) => row.pk)).toEqual(keys)
  })

  it.each([
    ['oauth2/access_tokens/?user=', 300],
    ['oauth2/access_tokens/?revoked=true', 300],
    ['oauth2/access_tokens/?pk__in=1,2,3', 300],
    ['oauth2/access_tokens/?search=openid', 300],
    ['core/users/?is_superuser=maybe', 25],
    ['core/users/?pk=8', 25],
    ['core/users/?username=', 25],
    ['providers/oauth2/?search=', 10],
    ['core/groups/?is_superuser=', 8],
  ])('is whole in spite of %s', async (path, count) => {
    expect((await askForPage(sandbox, path)).pagination.count).toBe(count)
  })

  it('narrows the detail as well', async () => {
    const question = { token: 'demo-superuser' }
    expect((await ask(sandbox, 'oauth2/access_tokens/42/?user=8', question)).status).toBe(200)
    expect((await ask(sandbox, 'oauth2/access_tokens/42/?user=5', question)).status).toBe(404)
  })
})

describe('a 400', () => {
  it.each([
    ['oauth2/access_tokens/?user=abc', { user: [notOneOfThem] }],
    ['oauth2/access_tokens/?user=999', { user: [notOneOfThem] }],
    ['oauth2/access_tokens/?provider=abc&user=abc', { user: [notOneOfThem], provider: [notOneOfThem] }],
    ['oauth2/refresh_tokens/?provider=11', { provider: [notOneOfThem] }],
    ['oauth2/access_tokens/?user=%00', { user: ['Null characters are not allowed.'] }],
    ['oauth2/access_tokens/?search=%00', ['Null characters are not allowed.']],
    ['providers/oauth2/?client_type=nope', { client_type: [notOne('nope')] }],
    ['providers/oauth2/?application=abc', { application: ['“abc” is not a valid UUID.'] }],
    [`providers/oauth2/?application=${unknownUuid}`, { application: [notOneOfThem] }],
    ['core/users/?uuid=abc', { uuid: ['Enter a valid UUID.'] }],
    ['core/users/?type=internal&type=robot', { type: [notOne('robot')] }],
    ['core/users/?groups_by_pk=abc', { groups_by_pk: ['“abc” is not a valid UUID.'] }],
    [`core/users/?groups_by_pk=${unknownUuid}`, { groups_by_pk: [notOne(unknownUuid)] }],
    ['core/users/?groups_by_name=Nobody', { groups_by_name: [notOne('Nobody')] }],
    ['core/users/?attributes=abc', ['filter: failed to parse JSON']],
    ['core/users/?attributes=[1]', ['filter: value must be key:value mapping']],
    ['core/groups/?members_by_pk=abc', { members_by_pk: ['“abc” is not a valid value.'] }],
    ['core/groups/?members_by_pk=8&members_by_pk=999', { members_by_pk: [notOne('999')] }],
    ['core/groups/?members_by_username=nobody', { members_by_username: [notOne('nobody')] }],
    ['core/groups/?attributes=abc', ['filter: failed to parse JSON']],
  ])('answers %s', async (path, body) => {
    expect(await ask(sandbox, path, { token: 'demo-superuser' })).toMatchObject({ status: 400, body })
  })

  it('is not the answer to a NUL in a search before 2025.6', async () => {
    const older = await startSandbox({ release: '2025.4' })
    expect((await ask(older, 'core/users/?search=%00', { token: 'demo-superuser' })).status).toBe(200)
    await older.close()
  })
})
