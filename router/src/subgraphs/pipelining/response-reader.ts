import { NOT_BEGUN_HEADER } from '@karcis/kit/contracts/requests'
import type { HttpResponse, ResponseLimits } from '../dispatch.ts'
import { ResponseTooLarge } from '../response-room.ts'

/** The server sent something that this reader does not take. What follows cannot be told apart any more. */
export class UnreadableResponse extends Error {}

export interface ResponseReader {
  /** Takes what came over the connection, whose memory may be used again after that; calls back for each response that is complete. @throws UnreadableResponse, ResponseTooLarge, NoRoom */
  read(chunk: Buffer): void
  /** Whether nothing of a further response has come. */
  readonly isBetween: boolean
  /** Gives back what a response holds that will not be complete. */
  end(): void
}

/** @param isLast whether the connection ends after this response. */
export type OnResponse = (response: HttpResponse, isLast: boolean) => void

interface Head {
  readonly status: number
  readonly contentType: string
  /** Null when the body comes in chunks. */
  readonly length: number | null
  readonly isLast: boolean
  readonly isNotBegun: boolean
}

const LINE_END = Buffer.from('\r\n')
const HEAD_END = Buffer.from('\r\n\r\n')
const NOTHING: Buffer = Buffer.alloc(0)
const MAX_HEAD_BYTES = 32_768
const MAX_HEADS = 50

/** 1xx is followed by another response, 204 and 304 have no body whatever they say. */
const STATUS = /^HTTP\/1\.1 (?!204|304)([2-5]\d\d)(?: |$)/
const HEADER = /^([!#$%&'*+.^`|~\w-]+):[ \t]*(.*?)[ \t]*$/
const CHUNK_SIZE = /^([\da-fA-F]{1,8})(?:[ \t]*;|$)/

/**
 * Reads the responses to pipelined requests (RFC 9112, sections 6 and 9.3.2). Cut in the wrong place, they would give one client
 * what is another's, so this takes what servers usually send and nothing else.
 */
export function createResponseReader(
  { maxBytes, room }: ResponseLimits,
  onResponse: OnResponse,
): ResponseReader {
  /** Parsed heads by their text: within a second a server sends the same again and again. */
  const heads = new Map<string, Head>()
  let rest = NOTHING
  let next: (buffer: Buffer) => number | null = readHead
  let head: Head | null = null
  let parts: Buffer[] = []
  let size = 0
  let held = 0
  /** Bytes of the body, or of its chunk, that have not come yet. */
  let missing = 0

  /** Each step returns how many bytes it has used, or null when it needs more than there are. */
  function readHead(buffer: Buffer): number | null {
    const end = buffer.indexOf(HEAD_END)
    if (end > MAX_HEAD_BYTES || (end < 0 && buffer.length > MAX_HEAD_BYTES))
      throw new UnreadableResponse('a large head')
    if (end < 0) return null
    head = headOf(buffer.toString('latin1', 0, end))
    expectBytes(head.length ?? 0)
    next = head.length === null ? readChunkSize : readBody
    if (head.length === 0) finish(head)
    return end + HEAD_END.length
  }

  function headOf(text: string): Head {
    const known = heads.get(text)
    if (known) return known
    const parsed = parseHead(text)
    if (heads.size === MAX_HEADS) heads.clear()
    heads.set(text, parsed)
    return parsed
  }

  function readBody(buffer: Buffer): number | null {
    const used = take(buffer)
    if (missing === 0) finish(head as Head)
    return used
  }

  function readChunkSize(buffer: Buffer): number | null {
    const line = lineOf(buffer)
    if (line === null) return null
    const [, digits] = CHUNK_SIZE.exec(line) ?? []
    if (digits === undefined) throw new UnreadableResponse('a chunk without a size')
    expectBytes(Number.parseInt(digits, 16))
    next = missing === 0 ? readTrailer : readChunk
    return line.length + LINE_END.length
  }

  function readChunk(buffer: Buffer): number | null {
    const used = take(buffer)
    if (missing === 0) next = readChunkEnd
    return used
  }

  function readChunkEnd(buffer: Buffer): number | null {
    const line = lineOf(buffer)
    if (line === null) return null
    if (line !== '') throw new UnreadableResponse('a chunk larger than its size')
    next = readChunkSize
    return LINE_END.length
  }

  function readTrailer(buffer: Buffer): number | null {
    const line = lineOf(buffer)
    if (line === null) return null
    if (line === '') finish(head as Head)
    return line.length + LINE_END.length
  }

  function expectBytes(count: number): void {
    missing = count
    if (size + count > maxBytes) throw new ResponseTooLarge(maxBytes)
    held = room.grow(held, size + count)
  }

  function take(buffer: Buffer): number {
    const part = Buffer.from(buffer.length > missing ? buffer.subarray(0, missing) : buffer)
    parts.push(part)
    size += part.length
    missing -= part.length
    return part.length
  }

  function finish({ status, contentType, isNotBegun, isLast }: Head): void {
    const [first = NOTHING] = parts
    const body = parts.length > 1 ? Buffer.concat(parts) : first
    const response = { status, contentType, body, held, isNotBegun }
    parts = []
    size = 0
    held = 0
    next = readHead
    onResponse(response, isLast)
  }

  return {
    read(chunk) {
      let buffer = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
      while (buffer.length > 0) {
        const used = next(buffer)
        if (used === null) break
        buffer = buffer.subarray(used)
      }
      rest = buffer.length > 0 ? Buffer.from(buffer) : NOTHING
    },
    get isBetween() {
      return next === readHead && rest.length === 0
    },
    end() {
      room.give(held)
      held = 0
    },
  }
}

/** The line that a buffer begins with; null when its end has not come. */
function lineOf(buffer: Buffer): string | null {
  const end = buffer.indexOf(LINE_END)
  if (end > MAX_HEAD_BYTES || (end < 0 && buffer.length > MAX_HEAD_BYTES))
    throw new UnreadableResponse('a long line')
  return end < 0 ? null : buffer.toString('latin1', 0, end)
}

function parseHead(text: string): Head {
  const [first = '', ...lines] = text.split('\r\n')
  const [, status] = STATUS.exec(first) ?? []
  if (status === undefined) throw new UnreadableResponse(`a status line that says ${first.slice(0, 50)}`)
  let contentType = ''
  let length: number | null = null
  let isChunked = false
  let isLast = false
  let isNotBegun = false
  for (const line of lines) {
    if (!/^[ctx\s]/i.test(line)) continue // none of those below
    const [, name, value = ''] = HEADER.exec(line) ?? []
    switch (name?.toLowerCase()) {
      case undefined:
        throw new UnreadableResponse('a line that is no header')
      case 'content-type':
        contentType = value
        break
      case 'content-length':
        if (length !== null || !/^\d{1,15}$/.test(value)) throw new UnreadableResponse('two lengths or none')
        length = Number(value)
        break
      case 'transfer-encoding':
        if (isChunked || value.toLowerCase() !== 'chunked') throw new UnreadableResponse('an unknown coding')
        isChunked = true
        break
      case 'content-encoding':
        throw new UnreadableResponse('a coding that was not asked for')
      case 'connection':
        isLast = /\b(close|upgrade)\b/i.test(value)
        break
      case NOT_BEGUN_HEADER:
        isNotBegun = status === '503'
        break
    }
  }
  if ((length === null) !== isChunked) throw new UnreadableResponse('a body without one end')
  return { status: Number(status), contentType, length, isLast, isNotBegun }
}
