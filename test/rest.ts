import { expect } from 'vitest'

type Body = Readonly<Record<string, unknown>>

/** authentik's own answer, for comparison with the graph's. */
export async function getRest(url: string, path: string, token = 'demo-superuser'): Promise<Body> {
  const response = await fetch(`${url}/api/v3${path}`, { headers: { authorization: `Bearer ${token}` } })
  expect(response.status).toBe(200)
  return (await response.json()) as Body
}

/** Asserts that each field of the graph's object has the value of the body's property of the same name, null if absent. */
export function expectSameValues(fields: Body, body: Body, except: readonly string[] = []): void {
  const names = Object.keys(fields).filter((name) => !except.includes(name))
  expect(names.length).toBeGreaterThan(0)
  const values = names.map((name) => [name, fields[name]])
  expect(Object.fromEntries(values)).toEqual(
    Object.fromEntries(names.map((name) => [name, spell(name, body[snakeCase(name)] ?? null)])),
  )
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

const enums = ['clientType', 'subMode', 'issuerMode', 'logoutMethod', 'type', 'matchingMode', 'redirectUriType']

/** Of enums, the graph's spelling. */
function spell(name: string, value: unknown): unknown {
  return enums.includes(name) && typeof value === 'string' ? value.toUpperCase() : value
}
