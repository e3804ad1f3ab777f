import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { settings } from '../src/config/config.ts'
import { defaultOf, type Setting } from '../src/config/settings.ts'
import { codes } from '../src/errors.ts'

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')

const settingRow = (setting: Setting) => {
  const text = setting.default === undefined ? defaultOf(setting) : `\`${setting.default}\``
  return [`\`${setting.name}\``, text, setting.meaning + (setting.secret ? ' A secret: it has no flag.' : '')]
}

/** The text with another table under the table's headings. */
function withTable(text: string, headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`
  const start = text.indexOf(line(headings))
  expect(start, `README.md has a table of ${headings}`).toBeGreaterThan(-1)
  const end = text.indexOf('\n\n', start) + 1
  const table = [headings, headings.map(() => '---'), ...rows].map(line).join('')
  return text.slice(0, start) + table + text.slice(end)
}

it('the README has a row for each setting and each code, in the words of the source', async () => {
  const settingRows = Object.values(settings).map(settingRow)
  const codeRows = Object.entries(codes).map(([code, { meaning }]) => [`\`${code}\``, meaning])
  const text = withTable(
    withTable(readme, ['Setting', 'Default', 'Meaning'], settingRows),
    ['Code', 'When a caller gets it'],
    codeRows,
  )
  await expect(text).toMatchFileSnapshot('../README.md')
})
