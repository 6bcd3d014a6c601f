import { BadUserInput, type FieldProblem } from '@karcis/kit/errors'
import { CsvError, parse } from 'csv-parse/sync'

/** So long a file may be, in characters. */
const MOST_CHARACTERS = 500_000
/** In order of preference, where a header can be read in several ways. */
const DELIMITERS = [',', ';', '\t']
/** So many problems are named one by one; the rest is told by number. */
const MOST_NAMED = 100

/** The columns that a kind of file may have, by our names for them. */
export type Columns<Column extends string> = Record<
  Column,
  {
    /** What else it may be headed, in any case and with any signs between the words. */
    names: readonly string[]
    needed?: boolean
  }
>

/** A row that is not empty. */
export interface CsvRow<Column extends string> {
  /** As a spreadsheet counts it: the header is row 1. */
  row: number
  /** Without spaces around them; empty ones are left out. */
  cells: Partial<Record<Column, string>>
}

/** Where something stands in a file, as errors name it. */
export const cellPath = (row: number, column?: string): string =>
  ['input.csv', row, ...(column === undefined ? [] : [column])].join('.')

/** Fails with whatever is wrong; does nothing when that is nothing. @throws BadUserInput. */
export function requireNoProblems(problems: readonly FieldProblem[]): void {
  if (problems.length === 0) return
  const named = problems.slice(0, MOST_NAMED)
  const more = problems.length - named.length
  throw new BadUserInput(
    more === 0 ? named : [...named, { path: 'input.csv', message: `has ${more} more problems` }],
  )
}

/**
 * Reads CSV as spreadsheets write it: with or without a byte order mark, between its cells commas, semicolons or tabs, quotes around
 * cells that have these or line ends in them, lines that end with LF or CRLF. Columns come in any order.
 * @param most so many rows it may have. @throws BadUserInput that names rows and columns.
 */
export function readCsv<Column extends string>(
  csv: string,
  columns: Columns<Column>,
  most: number,
): CsvRow<Column>[] {
  if (csv.length > MOST_CHARACTERS)
    throw new BadUserInput([
      { path: 'input.csv', message: `must have at most ${MOST_CHARACTERS} characters` },
    ])
  const [header = [], ...records] = recordsOf(csv, delimiterOf(csv, columns))
  const headed = requireHeader(header, columns)
  const rows: CsvRow<Column>[] = []
  const problems: FieldProblem[] = []
  for (const [at, record] of records.entries()) {
    const row = at + 2
    const cells = record
      .map((cell, index) => [headed[index], cell] as const)
      .filter(([, cell]) => cell !== '')
    if (cells.some(([column]) => column === undefined))
      problems.push({ path: cellPath(row), message: 'has more cells than the header' })
    if (cells.length > 0) rows.push({ row, cells: Object.fromEntries(cells) as CsvRow<Column>['cells'] })
  }
  requireNoProblems(problems)
  if (rows.length === 0)
    throw new BadUserInput([{ path: 'input.csv', message: 'has nothing below its header' }])
  if (rows.length > most)
    throw new BadUserInput([
      { path: 'input.csv', message: `must have at most ${most} rows below its header` },
    ])
  return rows
}

/** Which column each cell of the header heads. @throws BadUserInput for what is unknown, there twice, or missing. */
function requireHeader<Column extends string>(
  header: readonly string[],
  columns: Columns<Column>,
): (Column | undefined)[] {
  const known = Object.keys(columns) as Column[]
  const headed = header.map((cell) => columnOf(cell, columns))
  const problems = header.flatMap((cell, at): FieldProblem[] => {
    if (cell === '') return []
    const column = headed[at]
    if (column === undefined)
      return [{ path: cellPath(1, cell), message: `is not known; there can be ${known.join(', ')}` }]
    if (headed.indexOf(column) < at) return [{ path: cellPath(1, column), message: 'is there twice' }]
    return []
  })
  const missing = known.filter((column) => columns[column].needed === true && !headed.includes(column))
  requireNoProblems([
    ...problems,
    ...missing.map((column) => ({ path: cellPath(1, column), message: 'is missing in the header' })),
  ])
  return headed
}

function columnOf<Column extends string>(cell: string, columns: Columns<Column>): Column | undefined {
  const name = bare(cell)
  const known = Object.entries(columns) as [Column, Columns<Column>[Column]][]
  return known.find(([column, { names }]) => [column, ...names].some((each) => bare(each) === name))?.[0]
}

/** A heading without case and signs: `Sale starts at`, `saleStartsAt` and `sale_starts_at` are one. */
const bare = (heading: string): string => heading.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')

/** By which the header has the most columns that are known. */
function delimiterOf<Column extends string>(csv: string, columns: Columns<Column>): string {
  const fits = DELIMITERS.map((delimiter) => {
    const [header = []] = recordsOf(csv, delimiter, 1)
    return header.filter((cell) => columnOf(cell, columns) !== undefined).length
  })
  return DELIMITERS[fits.indexOf(Math.max(...fits))] ?? ','
}

const PROBLEMS: Record<string, string> = {
  CSV_QUOTE_NOT_CLOSED: 'has a quote that is not closed',
  CSV_INVALID_CLOSING_QUOTE: 'has something between a closing quote and the next cell',
}

/** @param most only so many of them, the first. @throws BadUserInput that names the row. */
function recordsOf(csv: string, delimiter: string, most?: number): string[][] {
  try {
    return parse(csv, {
      bom: true,
      delimiter,
      relax_column_count: true,
      relax_quotes: true,
      trim: true,
      ...(most !== undefined && { to: most }),
    })
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const row = typeof error.records === 'number' ? error.records + 1 : 1
    throw new BadUserInput([
      { path: cellPath(row), message: PROBLEMS[error.code] ?? 'cannot be read as CSV' },
    ])
  }
}
