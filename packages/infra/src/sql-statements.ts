/** One statement of a script. */
export interface Statement {
  /** Without comments and the semicolon; line breaks and runs of blanks are one blank each. Strings stay as they are. */
  readonly text: string
  /** The comment that stands right before it. */
  readonly comment: string
  /** Where it begins, from 1. */
  readonly line: number
}

/** Comments, strings of every kind, quoted names, and what ends a statement. */
const TOKEN =
  /--[^\n]*|\/\*[\s\S]*?\*\/|\$(\w*)\$[\s\S]*?\$\1\$|E'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|;/gi

/** Splits a script where Postgres would. */
export function splitStatements(sql: string): Statement[] {
  const statements: Statement[] = []
  let [text, comment, begin, at] = ['', '', 0, 0]
  const add = (piece: string, from: number): void => {
    const first = piece.search(/\S/)
    if (text.trim() === '' && first >= 0) begin = from + first
    text += piece
  }
  const end = (): void => {
    const normal = text.trim().replaceAll(/\s+/g, ' ')
    if (normal !== '') {
      const line = sql.slice(0, begin).split('\n').length
      statements.push({ text: normal, comment: comment.trim(), line })
    }
    ;[text, comment] = ['', '']
  }
  for (const match of sql.matchAll(TOKEN)) {
    const [token] = match
    add(sql.slice(at, match.index), at)
    at = match.index + token.length
    if (token === ';') end()
    else if (!/^(--|\/\*)/.test(token)) add(token, match.index)
    else if (text.trim() === '') comment += `${token}\n`
  }
  add(sql.slice(at), at)
  end()
  return statements
}
