/**
 * Find a number that JavaScript might round: a long one, one with an exponent, or a text that is one number. Finding one inside a string
 * does no harm. All text that comes is searched, which takes a third of the time of parsing it; one search for all would take longer.
 */
const perilousNumbers = [/[[:,]\s*-?[\d.]{16}/, /\d[eE][+-]?\d+\s*[,\]}]/, /^\s*-?\d/]

const rawJson: unknown = Reflect.get(JSON, 'rawJSON')

/**
 * JSON.parse without rounding. A number that JavaScript would round keeps all its digits, and is written again as it came
 * (`JSON.rawJSON`, from Node 21 on). On Node 20, which hides a number's text, it becomes a string of its digits. Throws
 * where the text is no JSON.
 */
export function parseJson(text: string): unknown {
  if (!perilousNumbers.some((number) => number.test(text))) return JSON.parse(text)
  if (typeof rawJson !== 'function') return parseWithStrings(text)
  return JSON.parse(text, (_key: string, value: unknown, context?: { readonly source?: string }) => {
    const source = context?.source
    return typeof value === 'number' && source !== undefined && !isExact(source) ? rawJson(source) : value
  })
}

const quoteOrNumber = /"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** What JSON.parse gives, with a string for each number that it would round. */
export function parseWithStrings(text: string): unknown {
  // First as it is: quotes could make JSON of what is none, such as {1e400: 1}.
  const rounded = JSON.parse(text)
  const parts: string[] = []
  let copied = 0
  quoteOrNumber.lastIndex = 0
  for (let found = quoteOrNumber.exec(text); found; found = quoteOrNumber.exec(text)) {
    const [token] = found
    if (token === '"') quoteOrNumber.lastIndex = endOfString(text, found.index)
    else if (!isExact(token)) {
      parts.push(text.slice(copied, found.index), `"${token}"`)
      copied = quoteOrNumber.lastIndex
    }
  }
  return parts.length === 0 ? rounded : JSON.parse(parts.join('') + text.slice(copied))
}

/** Where the string ends that begins at that place, in text that is JSON. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

/** Whether JavaScript holds the number as it is written, "1.50e2" for 150 say. */
function isExact(source: string): boolean {
  const value = Number(source)
  return Number.isFinite(value) && digitsOf(source) === digitsOf(String(value))
}

/** The digits that count, and the exponent: "1.50e2" and "150" are the same, and so are "0" and "-0.0". */
function digitsOf(text: string): string {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.')
  const digits = whole + fraction
  const first = digits.search(/[1-9]/)
  if (first < 0) return '0'
  let end = digits.length
  while (digits[end - 1] === '0') end -= 1
  const sign = mantissa.startsWith('-') ? '-' : ''
  return `${sign}${digits.slice(first, end)}e${Number(exponent) - fraction.length + digits.length - end}`
}
