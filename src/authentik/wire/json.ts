interface Source {
  readonly source: string
}

/** A number that JavaScript cannot hold: too long, or with an exponent. In a text it may stand there too, harmlessly. */
const perilousNumber = /[[:,]\s*-?(\d[\d.]{15,}|[\d.]+[eE])/

const rawJson: unknown = Reflect.get(JSON, 'rawJSON')

/**
 * What JSON.parse gives, but no number loses a digit: one that JavaScript would round keeps its text, to be written as it
 * came (`JSON.rawJSON`, from Node 21 on; before, it becomes NaN, which no field accepts). Throws SyntaxError.
 */
export function parseJson(text: string): unknown {
  if (!perilousNumber.test(text)) return JSON.parse(text)
  const keep = (_key: string, value: unknown, context?: Source) => {
    if (typeof value !== 'number') return value
    const exact = context
      ? sameNumber(context.source, value)
      : Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER
    if (exact) return value
    return context && typeof rawJson === 'function' ? rawJson(context.source) : Number.NaN
  }
  return JSON.parse(text, keep)
}

/** Whether the number, written by JavaScript, has the digits that came. */
function sameNumber(source: string, value: number): boolean {
  return Number.isFinite(value) && digitsOf(source) === digitsOf(String(value))
}

/** The digits that count, and the exponent: "1.50e2" and "150" are the same. */
function digitsOf(text: string): string {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.')
  const digits = (whole + fraction).replace(/^0+/, '')
  const kept = digits.replace(/0+$/, '')
  return `${mantissa.startsWith('-')}${kept}e${kept === '' ? 0 : Number(exponent) - fraction.length + digits.length - kept.length}`
}
