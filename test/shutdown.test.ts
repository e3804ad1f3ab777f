import type { RequestListener } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { prepareShutdown, type Shutdown } from '../src/cli/shutdown.ts'
import { listen, sendText } from './start.ts'

const request = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'

/** A server that is ready to be shut down, and how to connect to it and send some text. */
async function start(listener: RequestListener, options: Partial<Shutdown> = {}) {
  const { url, server } = await listen(listener)
  const shutDown = prepareShutdown(server, { patience: 10_000, drain: async () => {}, ...options })
  const send = (text: string) => sendText(Number(new URL(url).port), text)
  return { send, shutDown, url }
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
    const drain = vi.fn(async () => {})
    const { send, shutDown } = await start((_request, response) => response.end('done'), { drain })
    const silent = await send('')
    const answered = await send(request)
    expect(answered.text).toContain('done')
    await shutDown()
    // It comes when the patience is over.
    expect(drain).not.toHaveBeenCalled()
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

  it('is held up by a half-sent request for its patience, and no longer', async () => {
    const order: string[] = []
    const drain = async () => void order.push('the patience is over')
    const { send, shutDown } = await start((incoming) => void incoming.resume(), { patience: 100, drain })
    const half = await send('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf')
    half.socket.on('close', () => order.push('the connection is closed'))
    await shutDown()
    await expect.poll(() => order).toEqual(['the patience is over', 'the connection is closed'])
  })

  it('is not held up for ever by an answer that nobody reads', async () => {
    const listener: RequestListener = (_request, response) => response.end(Buffer.alloc(50_000_000))
    const { send, shutDown } = await start(listener, { patience: 100 })
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
    const { send, shutDown } = await start(listener, { patience: 10, drain: () => work })
    const waiting = await send(request)
    const end = shutDown()
    await work
    tell()
    await end
    expect(waiting.text).toContain('done')
  })
})
