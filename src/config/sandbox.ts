import { readFileSync } from 'node:fs'
import { settings } from './config.ts'
import type { Setting } from './settings.ts'

/** What the command `sandbox` is told. */
export const sandboxSettings = {
  release: { ...settings.sandboxRelease, flag: '--release' },
  port: { ...settings.port, default: '9000' },
  seed: {
    name: 'SANDBOX_SEED',
    flag: '--seed',
    otherwise: 'the sample data alone',
    expected: 'a JSON file with an object of lists of rows',
    read: readObject,
    meaning: 'Rows of your own: { "users": [{ "pk": 100, "username": "anna" }] }.',
  },
} as const satisfies Readonly<Record<string, Setting>>

/** The object in a JSON file. */
function readObject(path: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}
