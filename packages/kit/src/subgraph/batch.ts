import type { ServerResponse } from 'node:http'

const MAX_MEMBERS = 64

/** What is ready waits this long for others, so that one write takes them all; a timer fires up to 1 ms late. */
const GATHER_MS = 2

/** Whether a body that is an array may be answered as a batch: 1 to 64 objects. */
export const isBatch = (body: unknown[]): body is object[] =>
  body.length > 0 &&
  body.length <= MAX_MEMBERS &&
  body.every((member) => typeof member === 'object' && member !== null && !Array.isArray(member))

/**
 * Answers a batch as JSON lines `[index,result]`, in the order in which results come: a slow member holds up no other.
 * @param results JSON texts, which never fail.
 */
export function sendBatch(response: ServerResponse, results: Promise<string>[]): void {
  let left = results.length
  let lines = ''
  let timer: NodeJS.Timeout | undefined
  const head = { 'content-type': 'application/jsonl' }

  function write(): void {
    timer = undefined
    if (response.destroyed) return // the client went away
    if (left > 0) {
      if (!response.headersSent) response.writeHead(200, head)
      response.write(lines)
      lines = ''
    } else {
      if (!response.headersSent)
        response.writeHead(200, { ...head, 'content-length': Buffer.byteLength(lines) })
      response.end(lines)
    }
  }

  for (const [index, result] of results.entries()) {
    void result.then((json) => {
      lines += `[${index},${json}]\n`
      if (--left > 0) {
        timer ??= setTimeout(write, GATHER_MS)
      } else {
        clearTimeout(timer)
        write()
      }
    })
  }
}
