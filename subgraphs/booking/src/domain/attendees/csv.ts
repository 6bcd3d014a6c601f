/** What a spreadsheet may take for a formula, in a cell that somebody else has written; full-width forms too. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/

/** Tells spreadsheets that the file is UTF-8, which they would not believe otherwise: names have more than ASCII. */
export const BYTE_ORDER_MARK = '\uFEFF'

/**
 * A line of a CSV file (RFC 4180): every cell in quotes, CRLF at its end. What would be a formula is made a text by an apostrophe in front,
 * which spreadsheets do not show.
 */
export const csvLine = (cells: readonly (string | null)[]): string =>
  `${cells.map((cell) => quoted(cell ?? '')).join(',')}\r\n`

const quoted = (text: string): string => `"${(FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`
