import type { ServerResponse } from 'node:http'
import { writeTexts } from '../http.ts'
import type { OperationAnswer } from './apollo.ts'

const MAX_MEMBERS = 64

/** What is ready waits this long for others, so that one write takes them all; a timer fires up to 1 ms late. */
const GATHER_MS = 2

/** Whether a body that is an array may be answered as a batch: 1 to 64 objects. */
export const isBatch = (body: unknown[]): body is object[] =>
  body.length > 0 &&
  body.length <= MAX_MEMBERS &&
  body.every((member) => typeof member === 'object' && member !== null && !Array.isArray(member))

/** Short lines are joined up to so many characters, for one write. */
const JOINED = 64_000

const HEAD = { 'content-type': 'application/jsonl' }

interface Line {
  /** Short; or in pieces. */
  text: string | readonly string[]
  /** Tells that it has left. */
  sent(): void
}

/**
 * Answers a batch as JSON lines `[index,result]`, in the order in which results come: a slow member holds up no other. Of what
 * the client does not read yet, no more than a piece is passed on.
 * @param members each gives the JSON of its result, and is told when that has been sent, or never will be; none fails.
 * @returns when all is answered, or nobody reads it any more.
 */
export async function sendBatch(
  response: ServerResponse,
  members: ((sent: Promise<void>) => Promise<OperationAnswer['json']>)[],
): Promise<void> {
  let left = members.length
  let lines: Line[] = []
  let writing: Promise<unknown> | undefined
  let timer: NodeJS.Timeout | undefined

  /** Takes a long line, or short ones joined. */
  function nextWrite(): { texts: readonly string[]; taken: Line[] } {
    let end = 0
    let joined = ''
    for (const { text } of lines) {
      if (typeof text !== 'string' || joined.length > JOINED) break
      joined += text
      end += 1
    }
    const [first] = lines
    const texts = end > 0 || !first ? [joined] : (first.text as readonly string[])
    const taken = lines.slice(0, end || 1)
    lines = lines.slice(taken.length)
    return { texts, taken }
  }

  async function write(): Promise<void> {
    while (lines.length > 0) {
      const { texts, taken } = nextWrite()
      const [only = ''] = texts
      const isWhole = left === 0 && lines.length === 0 && texts.length === 1
      if (!response.headersSent && !response.destroyed)
        response.writeHead(200, isWhole ? { ...HEAD, 'content-length': Buffer.byteLength(only) } : HEAD)
      if (isWhole) response.end(only)
      else await writeTexts(response, texts)
      for (const { sent } of taken) sent()
    }
  }

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    writing ??= write()
      .catch(() => response.destroy())
      .then(() => {
        writing = undefined
      })
  }

  await Promise.all(
    members.map(async (member, index) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const json = await member(promise)
      const text = typeof json === 'string' ? `[${index},${json}]\n` : [`[${index},`, ...json, ']\n']
      lines.push({ text, sent: resolve })
      left -= 1
      if (left > 0) timer ??= setTimeout(flush, GATHER_MS)
    }),
  )
  while (writing || lines.length > 0) {
    flush()
    await writing
  }
  if (!response.writableEnded) response.end()
}
