import type { RequestListener } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { prepareShutdown, type Shutdown } from '../src/cli/shutdown.ts'
import { listen, sendText } from './start.ts'

const request = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'

/** A server that is ready to be shut down, and how to connect to it and send some text. */
async function start(listener: RequestListener, options: Partial<Shutdown> = {}, delay = 0) {
  const { url, server } = await listen(listener)
  const ready = { retired: false }
  const retire = () => {
    ready.retired = true
  }
  const prepared = prepareShutdown(server, { retire, timeout: 10_000, drain: async () => {}, ...options })
  const send = (text: string) => sendText(Number(new URL(url).port), text)
  return { send, shutDown: () => prepared(delay), url, ready }
}

/** An answer that begins at once, and ends when it is told to. */
function later() {
  let tell = () => {}
  const listener: RequestListener = (_request, response) => {
    response.flushHeaders()
    tell = () => response.end('done')
  }
  return { listener, tell: () => tell() }
}

describe('A shutdown', () => {
  it('ends at once when nobody waits, whatever connections are open', async () => {
    const { send, shutDown } = await start((_request, response) => response.end('done'))
    const silent = await send('')
    const answered = await send(request)
    expect(answered.text).toContain('done')
    expect(await shutDown()).toBe(true)
    await expect.poll(() => [silent.closed, answered.closed]).toEqual([true, true])
  })

  it('lets requests in flight finish, and then closes their connections', async () => {
    const { listener, tell } = later()
    const { send, shutDown } = await start(listener)
    const waiting = await send(request)
    let ended = false
    const end = shutDown().then(() => (ended = true))
    await sleep(200)
    expect([ended, waiting.closed]).toEqual([false, false])
    tell()
    await expect.poll(() => ended).toBe(true)
    await end
    expect(waiting.text).toMatch(/^HTTP\/1.1 200 .*done/s)
    await expect.poll(() => waiting.closed).toBe(true)
  })

  it('takes no new connections', async () => {
    const { listener, tell } = later()
    const { send, shutDown, url } = await start(listener)
    await send(request)
    const end = shutDown()
    await expect(fetch(url)).rejects.toThrow()
    tell()
    await end
  })

  it('is not held up for ever by a half-sent request', async () => {
    const { send, shutDown } = await start((incoming) => void incoming.resume(), { timeout: 100 })
    const half = await send('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf')
    expect(await shutDown()).toBe(false)
    await expect.poll(() => half.closed).toBe(true)
  })

  it('answers all that is sent during the delay, on connections old and new, and at its very end', async () => {
    const { send, shutDown, ready } = await start((_request, response) => response.end('done'), {}, 400)
    const [old, late] = [await send(''), await send('')]
    const end = shutDown()
    expect(ready.retired).toBe(true)
    old.socket.write(request)
    const fresh = await send(request)
    await sleep(400)
    late.socket.write(request)
    expect(await end).toBe(true)
    expect([old.text, fresh.text, late.text]).toEqual(Array(3).fill(expect.stringContaining('done')))
  })

  it('answers every request that was sent on a connection, however many', async () => {
    const tells: (() => void)[] = []
    const { send, shutDown } = await start((_request, response) => void tells.push(() => response.end('done')))
    const pipelined = await send(request + request + request)
    await expect.poll(() => tells.length).toBe(3)
    const end = shutDown()
    for (const tell of tells) tell()
    expect(await end).toBe(true)
    await expect.poll(() => pipelined.text.match(/done/g)).toHaveLength(3)
  })

  it('is not held up for ever by an answer that nobody reads', async () => {
    const listener: RequestListener = (_request, response) => response.end(Buffer.alloc(50_000_000))
    const { send, shutDown } = await start(listener, { timeout: 500 })
    const lazy = await send('')
    lazy.socket.pause().write(request)
    await sleep(100)
    await shutDown()
    lazy.socket.resume()
    await expect.poll(() => lazy.closed).toBe(true)
    expect(lazy.text.length).toBeLessThan(50_000_000)
  })

  it('lets an answer be read to its end, however long it is', async () => {
    const listener: RequestListener = (_request, response) => response.end(Buffer.alloc(50_000_000))
    const { send, shutDown } = await start(listener)
    const slow = await send('')
    slow.socket.pause().write(request)
    await sleep(100)
    const end = shutDown()
    await sleep(100)
    slow.socket.resume()
    await end
    await expect.poll(() => slow.closed).toBe(true)
    expect(slow.text.length).toBeGreaterThan(50_000_000)
  })

  it('waits for work that goes on, and answers those who wait for it', async () => {
    const { listener, tell } = later()
    const work = sleep(1500)
    const { send, shutDown } = await start(listener, { drain: () => work })
    const waiting = await send(request)
    let ended = false
    const end = shutDown().then(() => (ended = true))
    tell()
    await expect.poll(() => waiting.text).toContain('done')
    expect(ended).toBe(false)
    await work
    expect(await end).toBe(true)
  })
})
