import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { limits } from '../src/limits.ts'
import { listen, sendText, startGatewayOver } from './start.ts'

const textOf = (query: string, token: string) => {
  const body = JSON.stringify({ query })
  const head = `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nauthorization: Bearer ${token}\r\n`
  return `${head}content-length: ${body.length}\r\n\r\n${body}`
}
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
const user = (pk: number) => textOf(`{ user(id: ${pk}) { pk } }`, 'token')

/** An authentik that knows every user, and answers when it is told to. */
async function startHeld() {
  const waiting: (() => void)[] = []
  const { url } = await listen((request, response) => {
    const pk = Number(request.url?.split('/').at(-2))
    waiting.push(() => response.end(JSON.stringify({ pk, username: '', name: '', uid: '' })))
  })
  const gateway = await startGatewayOver(url)
  return { waiting, url: gateway.url, port: Number(new URL(gateway.url).port) }
}

it('Requests that are sent ahead on one connection are answered one after the other', async () => {
  const { waiting, port } = await startHeld()
  const sent = await sendText(port, numbers(3).map(user).join(''))
  for (const pk of numbers(3)) {
    await expect.poll(() => waiting.length).toBe(1)
    waiting.pop()?.()
    await expect.poll(() => sent.text).toContain(`{"pk":${pk}}`)
  }
  expect(sent.text.match(/"pk":\d/g)).toEqual(['"pk":1', '"pk":2', '"pk":3'])
  sent.socket.destroy()
})

it('A connection on which too many are sent ahead is closed, and those that wait are not begun', async () => {
  const { waiting, port } = await startHeld()
  const most = await sendText(port, numbers(limits.requestsOfConnection).map(user).join(''))
  await expect.poll(() => waiting.length).toBe(1)
  expect(most.closed).toBe(false)
  most.socket.write(user(1))
  await expect.poll(() => most.closed).toBe(true)
  await sleep(200)
  expect(waiting).toHaveLength(1)
})

it('Requests that were sent ahead and given up do not count as under way', async () => {
  const { url, port } = await startHeld()
  const giveUp = async () => (await sendText(port, user(1).repeat(limits.requestsOfConnection))).socket.destroy()
  for (let count = 0; count <= limits.operationsOfStrangers; count += 50) await Promise.all(numbers(50).map(giveUp))
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify(Array(limits.operationsPerRequest).fill({ query: '{ __typename }' }))
  await expect.poll(async () => (await fetch(url, { method: 'POST', headers, body })).status).toBe(200)
})
