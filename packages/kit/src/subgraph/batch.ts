import type { ServerResponse } from 'node:http'

const MAX_MEMBERS = 64

/** What is ready waits this long for others, so that one write takes them all; a timer fires up to 1 ms late. */
const GATHER_MS = 2

/** Whether a body that is an array may be answered as a batch: 1 to 64 objects. */
export const isBatch = (body: unknown[]): body is object[] =>
  body.length > 0 &&
  body.length <= MAX_MEMBERS &&
  body.every((member) => typeof member === 'object' && member !== null && !Array.isArray(member))

/** Lines are joined up to so many characters for one write; a longer one is written by itself. */
const JOINED = 64_000

const HEAD = { 'content-type': 'application/jsonl' }

interface Line {
  text: string
  /** Tells that it has left. */
  sent(): void
}

/**
 * Answers a batch as JSON lines `[index,result]`, in the order in which results come: a slow member holds up no other. Of what
 * the client does not read yet, no more than one write is passed on.
 * @param members each gives the JSON text of its result, and is told when that has been sent, or never will be; none fails.
 * @returns when all is answered, or nobody reads it any more.
 */
export async function sendBatch(
  response: ServerResponse,
  members: ((sent: Promise<void>) => Promise<string>)[],
): Promise<void> {
  let left = members.length
  let lines: Line[] = []
  let writing: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined

  /** Takes what is ready, joined where it is short. */
  function nextWrite(): { texts: string[]; taken: Line[] } {
    let end = 0
    let length = 0
    while (end < lines.length && (end === 0 || length < JOINED)) length += lines[end++]?.text.length ?? 0
    const taken = lines.slice(0, end)
    lines = lines.slice(end)
    const texts = taken.map(({ text }) => text)
    return { texts: length < 2 * JOINED ? [texts.join('')] : texts, taken }
  }

  async function write(): Promise<void> {
    while (lines.length > 0) {
      const { texts, taken } = nextWrite()
      const [only = ''] = texts
      const isLast = left === 0 && lines.length === 0 && texts.length === 1
      if (!response.headersSent && !response.destroyed)
        response.writeHead(200, isLast ? { ...HEAD, 'content-length': Buffer.byteLength(only) } : HEAD)
      if (isLast) response.end(only)
      else for (const text of texts) if (!response.destroyed && !response.write(text)) await drained(response)
      for (const { sent } of taken) sent()
    }
  }

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    writing ??= write().finally(() => {
      writing = undefined
    })
  }

  await Promise.all(
    members.map(async (member, index) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const json = await member(promise)
      lines.push({ text: `[${index},${json}]\n`, sent: resolve })
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

/** When it takes more, or never will. */
const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const go = (): void => {
      response.off('drain', go)
      response.off('close', go)
      resolve()
    }
    response.on('drain', go)
    response.on('close', go)
  })
