import { expect, it } from 'vitest'
import { csvLine } from '../src/domain/attendees/csv.ts'

it.each([
  ['plain', '"plain"'],
  ['', '""'],
  [null, '""'],
  ['Budi, "the" Great', '"Budi, ""the"" Great"'],
  ['two\r\nlines', '"two\r\nlines"'],
  ['=HYPERLINK("http://evil.test","click")', `"'=HYPERLINK(""http://evil.test"",""click"")"`],
  ['+62 811', `"'+62 811"`],
  ['-1', `"'-1"`],
  ['@SUM(A1)', `"'@SUM(A1)"`],
  ['\t=1', `"'\t=1"`],
  ['\r=1', `"'\r=1"`],
  ['＝1', `"'＝1"`],
  ['a=1', '"a=1"'],
  ['Émile 木村', '"Émile 木村"'],
])('a cell of %j is written as %s', (cell, written) => {
  expect(csvLine([cell, 'x'])).toBe(`${written},"x"\r\n`)
})
