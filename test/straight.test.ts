import { expect, it } from 'vitest'
import { addressOf, run } from './program.ts'
import { startGateway } from './start.ts'

it('A page that may read the answers is answered as before, each time', async () => {
  const origin = 'https://app.example'
  const { url } = await startGateway({ corsOrigins: [origin] })
  for (let time = 0; time < 3; time += 1) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer demo-superuser', origin },
      body: JSON.stringify({ query: '{ me { username } }' }),
    })
    expect(response.headers.get('access-control-allow-origin')).toBe(origin)
    expect(await response.json()).toEqual({ data: { me: { username: 'mira' } } })
  }
})

it('Works where no code may be made of text', async () => {
  const url = await addressOf(run({ NODE_OPTIONS: '--disallow-code-generation-from-strings' }))
  for (let time = 0; time < 3; time += 1) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer demo-superuser' },
      body: JSON.stringify({ query: '{ me { username groups { name parents { name } } } }' }),
    })
    expect(await response.json()).toMatchObject({ data: { me: { username: 'mira' } } })
  }
})
