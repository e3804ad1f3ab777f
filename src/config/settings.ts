import { parseArgs } from 'node:util'
import { findSimilar } from './similar.ts'

/** One thing that the process is told: by a variable of the environment, or by the flag of the same name. */
export interface Setting {
  /** The variable: UPSTREAM_TIMEOUT. Its flag is `--upstream-timeout`. */
  readonly name: string
  /** Its flag, where that is not the variable's name. */
  readonly flag?: string
  /** The text that is read where none is given; a secret has none. */
  readonly default?: string
  /** Without a default: what holds then, in words. */
  readonly otherwise?: string
  /** What the text must be, as a mistake says it: "expected ...". */
  readonly expected: string
  /** The value, or undefined where the text is not what is expected. */
  readonly read: (text: string) => unknown
  /** One sentence for `--help` and the README. */
  readonly meaning: string
  /** What came, in words, for a mistake; the text itself unless told otherwise. */
  readonly describe?: (text: string) => string
  /** What is to be said of a text that is right. */
  readonly remark?: (text: string) => string | undefined
  /** A secret has no flag, since flags stand in process lists, and its text is never repeated. */
  readonly secret?: true
  /** The key of another setting, without which this one must not be given. */
  readonly needs?: string
  /** The key of another setting, without which this one changes nothing. */
  readonly uselessWithout?: string
}

type Settings = Readonly<Record<string, Setting>>

/** The values of settings; a setting without a default may be undefined. */
export type Values<Rows extends Settings> = {
  readonly [Key in keyof Rows]:
    | Exclude<ReturnType<Rows[Key]['read']>, undefined>
    | (Rows[Key] extends { readonly default: string } ? never : undefined)
}

/** All mistakes in what the process was told, a line for each. */
export class ConfigError extends Error {
  readonly mistakes: readonly string[]

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'))
    this.mistakes = mistakes
  }
}

/**
 * Reads settings from variables and from the flags after the program's name; a flag wins, and an empty variable counts as
 * unset. Throws ConfigError with every mistake at once: what was expected and what came, but never a secret.
 */
export function readSettings<Rows extends Settings>(
  settings: Rows,
  env: Readonly<Record<string, string | undefined>>,
  argv: readonly string[],
): Values<Rows> {
  const { flags, mistakes } = readFlags(argv, settings)
  const givenOf = (setting: Setting) => flags.get(flagOf(setting)) ?? (env[setting.name] || undefined)
  const readSetting = (setting: Setting): unknown => {
    const { name, read, expected } = setting
    const given = givenOf(setting)
    const text = given ?? setting.default
    const value = text === undefined ? undefined : read(text)
    if (given !== undefined && value === undefined) {
      const where = flags.has(flagOf(setting)) ? flagOf(setting) : name
      mistakes.push(`${where}: expected ${expected}, got ${describe(setting, given)}`)
    }
    return value
  }
  const values = Object.entries(settings).map(([key, setting]) => [key, readSetting(setting)])
  const isGiven = (setting: Setting | undefined) => setting !== undefined && givenOf(setting) !== undefined
  mistakes.push(
    ...unmetNeeds(
      settings,
      (key) => isGiven(settings[key]),
      (key) => settings[key]?.name ?? key,
    ),
  )
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return Object.fromEntries(values) as Values<Rows>
}

/**
 * Reads settings from the values that a program gives by their keys: true stands for "on", a list for its items with commas between.
 * Throws ConfigError with every mistake at once.
 */
export function readOptions<Rows extends Settings>(settings: Rows, options: object): Values<Rows> {
  const known = Object.keys(settings).join(', ')
  const unknown = Object.keys(options).filter((key) => !(key in settings))
  const mistakes = unknown.map((key) => `${key}: expected one of ${known}`)
  const values = Object.entries<Setting>(settings).map(([key, setting]) => {
    const given: unknown = Reflect.get(options, key)
    const text = given === undefined ? setting.default : textOf(given)
    const value = text === undefined ? undefined : setting.read(text)
    if (given !== undefined && value === undefined)
      mistakes.push(`${key}: expected ${setting.expected}, got ${describe(setting, String(text))}`)
    return [key, value]
  })
  mistakes.push(...unmetNeeds(settings, (key) => Reflect.get(options, key) !== undefined))
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return Object.fromEntries(values) as Values<Rows>
}

/** A mistake for each setting that is given without another one that it needs. */
function unmetNeeds(settings: Settings, isGiven: (key: string) => boolean, nameOf = (key: string) => key): string[] {
  return Object.entries(settings).flatMap(([key, { needs }]) =>
    needs === undefined || !isGiven(key) || isGiven(needs) ? [] : [`${nameOf(key)}: expected ${nameOf(needs)} as well`],
  )
}

function textOf(given: unknown): string {
  return typeof given === 'boolean' ? (given ? 'on' : 'off') : String(given)
}

/** Lines on what the process was told that is not wrong: what is made of a text, and which variables may be spelled wrong. */
export function remarksOf(
  settings: Settings,
  env: Readonly<Record<string, string | undefined>>,
  argv: readonly string[],
): string[] {
  const { flags } = readFlags(argv, settings)
  const givenTo = (setting: Setting) => flags.get(flagOf(setting)) ?? env[setting.name] ?? ''
  const remarks = Object.values(settings).flatMap((setting) => {
    const { name, uselessWithout = '' } = setting
    const remark = setting.remark?.(givenTo(setting))
    const missing = settings[uselessWithout]
    const isUseless = missing && givenTo(setting) && !givenTo(missing)
    return [
      ...(remark === undefined ? [] : [`${name}: ${remark}`]),
      ...(isUseless ? [`${name} changes nothing without ${missing.name}.`] : []),
    ]
  })
  const names = Object.values(settings).map(({ name }) => name)
  const misspelled = Object.keys(env).flatMap((variable) => {
    const meant = env[variable] && !names.includes(variable) ? findSimilar(variable, names) : undefined
    return meant === undefined ? [] : [`${variable} is no setting. Did you mean ${meant}?`]
  })
  return [...remarks, ...misspelled]
}

/** What `--help` prints: a line for each setting, with its default, its meaning and what it may be. */
export function helpOf(settings: Settings): string {
  const rows = Object.values(settings).map((setting) => {
    const { name, flag, secret, meaning, expected } = setting
    const variable = flag ? ` Its variable is ${name}.` : ''
    const told = `${meaning.replaceAll('`', '')} Expected: ${expected}.${variable}`
    return [secret ? name : flagOf(setting), defaultOf(setting), told] as const
  })
  const width = (column: 0 | 1) => Math.max(...rows.map((row) => row[column].length)) + 2
  return rows.map(([name, held, meaning]) => `  ${name.padEnd(width(0))}${held.padEnd(width(1))}${meaning}\n`).join('')
}

/** What holds where nothing is given, in words. */
export function defaultOf({ default: text, otherwise = 'nothing' }: Setting): string {
  return text ?? otherwise
}

/** `--upstream-timeout` of UPSTREAM_TIMEOUT. */
function flagOf({ name, flag }: Setting): string {
  return flag ?? `--${name.toLowerCase().replaceAll('_', '-')}`
}

function describe({ secret, describe = JSON.stringify }: Setting, text: string): string {
  return secret ? 'something else' : describe(text)
}

function readFlags(argv: readonly string[], settings: Settings) {
  const flags = new Map<string, string>()
  const mistakes: string[] = []
  const rows = new Map(Object.values(settings).map((setting) => [flagOf(setting), setting]))
  const known = [...rows].flatMap(([flag, { secret }]) => (secret ? [] : [flag]))
  const options = Object.fromEntries([...rows.keys()].map((flag) => [flag.slice(2), { type: 'string' }] as const))
  let afterUnknown = -1
  for (const token of parseArgs({ args: [...argv], options, strict: false, tokens: true }).tokens) {
    if (token.kind !== 'option') {
      // The value of an unknown flag is no mistake of its own.
      if (token.index !== afterUnknown) mistakes.push('expected flags only, got an argument or a bare "--"')
      continue
    }
    const { rawName, value, index } = token
    const row = rows.get(rawName)
    if (!row) {
      mistakes.push(`${rawName}: expected one of ${known.join(', ')}`)
      afterUnknown = index + 1
    } else if (row.secret)
      mistakes.push(`${rawName}: a secret has no flag, since others can see flags. Set the variable ${row.name}`)
    else if (value === undefined) mistakes.push(`${rawName}: expected a value, got none`)
    else flags.set(rawName, value)
  }
  return { flags, mistakes }
}
