import type { IncomingMessage } from 'node:http'

/** What is read of a request before its body, by whoever it was taken off the connection. */
export type RequestHead = Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'socket'>

/** The head of a usual request. */
export interface UsualHead {
  /** By their names in lower case, without that of the length. */
  readonly headers: Record<string, string>
  /** Bytes of its body. */
  readonly length: number
  /** What stands before the length's digits, and behind them. */
  readonly before: string
  readonly after: string
}

/** Visible ASCII, so that it is the same in every encoding. */
const HEADER = /^([!#$%&'*+.^`|~A-Za-z\d-]+):[ \t]*([\x20-\x7e\t]*?)[ \t]*$/
const LENGTH_LINE = /(?:^|\r\n)content-length:[ \t]*/i
const LENGTH = /^\d{1,6}$/

/** What has a connection or a body be read otherwise. */
const UNUSUAL = [
  'transfer-encoding',
  'expect',
  'upgrade',
  'te',
  'trailer',
  'http2-settings',
  'proxy-connection',
]

/**
 * Reads the headers of a request that leave no doubt where it ends (RFC 9112, section 6): one length, nothing that is there twice,
 * no header that asks for more than an answer.
 * @param text all of them, without the empty line at their end. @param last what the same client sent before: mostly the same, but for the length.
 * @returns null for any other: node:http reads it then, and says what is wrong with it.
 */
export function usualHead(text: string, last: UsualHead | null): UsualHead | null {
  if (last && text.startsWith(last.before) && text.endsWith(last.after)) {
    const { headers, before, after } = last
    const digits = text.slice(before.length, text.length - after.length)
    if (LENGTH.test(digits)) return { headers, length: Number(digits), before, after }
  }
  const headers: Record<string, string> = {}
  let digits = ''
  for (const line of text.split('\r\n')) {
    const [, given, value] = HEADER.exec(line) ?? []
    if (given === undefined || value === undefined) return null
    const name = given.toLowerCase()
    if (name in headers || UNUSUAL.includes(name)) return null
    if (name !== 'content-length') headers[name] = value
    else if (digits === '' && LENGTH.test(value)) digits = value
    else return null
  }
  const { host, connection = 'keep-alive' } = headers
  if (host === undefined || connection.toLowerCase() !== 'keep-alive') return null
  const line = LENGTH_LINE.exec(text)
  if (!line) return null
  const begin = line.index + line[0].length
  return {
    headers,
    length: Number(digits),
    before: text.slice(0, begin),
    after: text.slice(begin + digits.length),
  }
}
