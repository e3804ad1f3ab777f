import { settings } from './config.ts'
import type { Setting } from './settings.ts'

/** What the command `check` is told. */
export const checkSettings = {
  authentikUrl: { ...settings.authentikUrl, otherwise: 'must be given' },
  token: {
    name: 'AUTHENTIK_TOKEN',
    otherwise: 'read from standard input',
    expected: 'a token of visible ASCII',
    read: (text: string) => (/^[\x21-\x7e]+$/.test(text.trim()) ? text.trim() : undefined),
    meaning: "The token of authentik's API in whose name it is asked.",
    secret: true,
  },
} as const satisfies Readonly<Record<string, Setting>>
