import type { IncomingMessage, ServerResponse } from 'node:http'
import type { LaterPart } from '../execution/deferred.ts'

/** The version of incremental delivery that Apollo's clients speak. */
const DEFER_SPEC = /\bmultipart\/mixed\s*;[^,]*\bdeferSpec=20220824\b/i

export const takesParts = ({ headers }: IncomingMessage): boolean => DEFER_SPEC.test(headers.accept ?? '')

/** Answers with the first part at once, and the others as they come, for as long as somebody listens. */
export async function sendParts(
  response: ServerResponse,
  headers: Record<string, string>,
  first: string,
  later: AsyncIterable<LaterPart>,
): Promise<void> {
  response.writeHead(200, {
    ...headers,
    'content-type': 'multipart/mixed; boundary="-"; deferSpec=20220824',
    'x-accel-buffering': 'no', // nginx would hold the first part back until it has the last
  })
  response.write(`\r\n---${part({ ...JSON.parse(first), hasNext: true })}`)
  for await (const next of later) {
    if (response.destroyed) return
    response.write(part(next))
  }
  response.end('--\r\n')
}

const part = (body: object): string =>
  `\r\ncontent-type: application/json; charset=utf-8\r\n\r\n${JSON.stringify(body)}\r\n---`
