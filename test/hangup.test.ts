import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { addressOf, run } from './program.ts'

async function post(url: string, body: unknown) {
  const headers = { 'content-type': 'application/json', authorization: 'Bearer demo-superuser' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: response.status, answer: await response.json() }
}

describe('At SIGHUP the built program', () => {
  const one = '{ "a": "{ me { username } }" }'
  const two = '{ "a": "{ me { pk } }", "b": "{ __typename }" }'

  /** The program over a file of operations. `hangUp` writes the file anew and gives the line that is logged then. */
  async function start(text: string) {
    const folder = mkdtempSync(join(tmpdir(), 'operations-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'operations.json')
    writeFileSync(file, text)
    const running = run({ PERSISTED_OPERATIONS: file })
    const url = await addressOf(running)
    const told = () =>
      running
        .stderr()
        .split('\n')
        .filter((line) => line.includes('SIGHUP'))
    const hangUp = async (next: string) => {
      const before = told().length
      writeFileSync(file, next)
      running.child.kill('SIGHUP')
      await expect.poll(() => told().length).toBe(before + 1)
      return JSON.parse(told().at(-1) ?? '')
    }
    return { url, file, hangUp }
  }

  it('reads the file again, and tells how many operations it has', async () => {
    const { url, file, hangUp } = await start(one)
    expect((await post(url, { id: 'a' })).answer).toEqual({ data: { me: { username: 'mira' } } })
    expect(await hangUp(two)).toMatchObject({ level: 30, file, operations: 2 })
    expect((await post(url, { id: 'a' })).answer).toEqual({ data: { me: { pk: expect.any(Number) } } })
    expect((await post(url, { id: 'b' })).answer).toEqual({ data: { __typename: 'Query' } })
    expect(await hangUp(one)).toMatchObject({ level: 30, file, operations: 1 })
    expect((await post(url, { id: 'b' })).status).toBe(400)
  })

  it('keeps the operations that it has if the file is broken, and says in one line what was expected', async () => {
    const { url, file, hangUp } = await start(one)
    for (const broken of ['{ "a": "{ me {', '{ "a": "{" }', '{}', '']) {
      const expected = "a JSON file with operations by id, in Apollo's or Relay's shape"
      expect(await hangUp(broken)).toMatchObject({ level: 50, file, expected })
      expect((await post(url, { id: 'a' })).answer).toEqual({ data: { me: { username: 'mira' } } })
    }
    expect(await hangUp(two)).toMatchObject({ level: 30, operations: 2 })
  })

  it('loses no request', async () => {
    const { url, hangUp } = await start(one)
    let ended = false
    const asking = Array.from({ length: 4 }, async () => {
      const answers: unknown[] = []
      while (!ended) answers.push((await post(url, { id: 'a' })).answer)
      return answers
    })
    for (const text of [two, '{', one, two, one]) await hangUp(text)
    ended = true
    const answers = (await Promise.all(asking)).flat()
    expect(answers.length).toBeGreaterThan(0)
    expect(answers.filter((answer) => !(answer as { data?: unknown }).data)).toEqual([])
  })

  it('goes on without PERSISTED_OPERATIONS', async () => {
    const running = run()
    const url = await addressOf(running)
    running.child.kill('SIGHUP')
    await expect.poll(running.stderr).toContain('SIGHUP')
    expect((await post(url, { query: '{ __typename }' })).answer).toEqual({ data: { __typename: 'Query' } })
  })
})
