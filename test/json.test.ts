import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJson, parseWithStrings } from '../src/authentik/wire/json.ts'

/** JSON whose numbers are still the text that they are written with. */
type Tree =
  | { readonly number: string }
  | string
  | boolean
  | null
  | readonly Tree[]
  | { readonly members: [string, Tree][] }

const digits = fc.stringMatching(/^\d{1,25}$/)
const number = fc
  .record({
    sign: fc.constantFrom('', '-'),
    whole: fc.oneof(fc.constant('0'), fc.stringMatching(/^[1-9]\d{0,24}$/)),
    fraction: fc.oneof(
      fc.constant(''),
      digits.map((text) => `.${text}`),
    ),
    exponent: fc.oneof(fc.constant(''), fc.stringMatching(/^[eE][+-]?\d{1,3}$/)),
  })
  .map(({ sign, whole, fraction, exponent }) => sign + whole + fraction + exponent)
const text = fc.oneof(fc.string(), number, fc.constantFrom('"', '\\', '\\"', '[1e400', ',12345678901234567890'))
// A letter first: JavaScript moves keys that are whole numbers to the front. No backslash: once V8 (of Node 24 and 26) has
// parsed the key "k\\", it takes "k\"" for the same.
const key = text.map((text) => `k${text.replaceAll('\\', '/')}`)
const space = fc.constantFrom('', ' ', '\n\t ')

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    number.map((number) => ({ number })),
    text,
    fc.constantFrom(true, false, null),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc
      .uniqueArray(fc.tuple(key, tie('tree')), { maxLength: 4, selector: ([key]) => key })
      .map((members) => ({ members })),
  ),
}))

/** The text of a tree, each number written by `write`. */
function print(part: Tree, write: (number: string) => string, gap = ''): string {
  if (typeof part !== 'object' || part === null) return JSON.stringify(part)
  if ('number' in part) return write(part.number)
  if (!('members' in part)) return `[${part.map((inner) => gap + print(inner, write, gap) + gap).join(',')}]`
  const members = part.members.map(
    ([key, value]) => `${gap}${JSON.stringify(key)}${gap}:${gap}${print(value, write, gap)}`,
  )
  return `{${members.join(',')}${gap}}`
}

/** The value as a whole number and a power of ten, as small as it goes. */
function exactValueOf(number: string): string {
  const [mantissa = '', exponent = '0'] = number.toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  let value = BigInt(whole + fraction)
  let power = BigInt(exponent) - BigInt(fraction.length)
  if (value === 0n) return '0'
  for (; value % 10n === 0n; value /= 10n) power += 1n
  return `${value}e${power}`
}

const survives = (number: string) =>
  Number.isFinite(Number(number)) && exactValueOf(number) === exactValueOf(String(Number(number)))

describe('A number', () => {
  it.each([
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', '9007199254740993'],
    ['-9007199254740993', '-9007199254740993'],
    ['133500000000000001', '133500000000000001'],
    ['1e2', 100],
    ['1.50e+2', 150],
    ['1e400', '1e400'],
    ['1e-400', '1e-400'],
    ['-1E400', '-1E400'],
    ['0e400', 0],
    ['-0.00000000000000000', -0],
    ['0.1', 0.1],
    ['0.1234567890123456', 0.1234567890123456],
    ['0.12345678901234567890', '0.12345678901234567890'],
    ['1.00000000000000000000', 1],
    ['1000000000000000000000000', 1e24],
  ])('%s is %j, where JavaScript hides its text', (text, value) => {
    expect(parseWithStrings(text)).toBe(value)
    expect(parseWithStrings(` [${text} , {"${text}":${text}}]`)).toEqual([value, { [text]: value }])
  })

  it('stays as it is inside a text, after whatever escapes', () => {
    const texts = ['[1e400', '\\"', '\\', '":1e400,"', '\u2028,12345678901234567890']
    expect(parseWithStrings(JSON.stringify([...texts, 1]))).toEqual([...texts, 1])
  })

  it.each([
    '{1e400:1}',
    '[01e400]',
    '[1e400 1]',
    '"1e400',
    '[1e400',
    '1e400e400',
    '[.5e400]',
    '-',
    '[12345678901234567890',
  ])('does not make JSON of what is none: %s', (text) => {
    expect(() => parseWithStrings(text)).toThrow(SyntaxError)
    expect(() => parseJson(text)).toThrow(SyntaxError)
  })

  it('of a million digits stays exact', () => {
    const long = `1${'0'.repeat(1_000_000)}1`
    expect(parseWithStrings(`[${long}]`)).toEqual([long])
  })

  it('arrives where V8 does not tell its text, since it takes its key for another', () => {
    JSON.parse(String.raw`{"a":0,"k\\":1}`)
    expect(Object.values(Object(parseJson(String.raw`{"a":0e0,"k\"":1}`)))).toEqual([0, 1])
  })

  it('may stand as deep as it likes', () => {
    const deep = `${'['.repeat(100_000)}1e400${']'.repeat(100_000)}`
    let part = parseWithStrings(deep)
    while (Array.isArray(part)) [part] = part
    expect(part).toBe('1e400')
  })
})

describe('In any JSON', () => {
  const asItCame = (number: string) => number
  const asJavaScriptWritesIt = (number: string) => String(Number(number))
  const asText = (number: string) => `"${number}"`

  /** Holds for every tree: what is parsed is written again with each number as it was, or by `rounded`. */
  function holds(parse: (text: string) => unknown, rounded: (number: string) => string): void {
    const write = (number: string) => (survives(number) ? asJavaScriptWritesIt : rounded)(number)
    const property = fc.property(tree, space, (tree, gap) => {
      expect(JSON.stringify(parse(print(tree, asItCame, gap)))).toBe(print(tree, write))
    })
    fc.assert(property, { numRuns: 2000 })
  }

  it('each number that JavaScript would round is a string of its digits, where its text is hidden', () => {
    holds(parseWithStrings, asText)
  })

  it(`each number that JavaScript would round ${'rawJSON' in JSON ? 'stays as it came' : 'is a string here'}`, () => {
    holds(parseJson, 'rawJSON' in JSON ? asItCame : asText)
  })
})
