import { createCoalescer } from '@karcis/kit/coalescing'
import { TimedOut } from './dispatch.ts'
import { type FetchContext, joinContexts, scopeKeyOf, type SubgraphRequest } from './request.ts'
import { NobodyWaits } from './waiting.ts'

/** Asks a subgraph for the response to one query; never rejects. */
export type Ask = (request: SubgraphRequest, context: FetchContext) => Promise<unknown>

export interface BatchTransport {
  /** Sends one query by itself. */
  single: Ask
  /**
   * Sends a JSON array of operations. Resolves when the whole response has come.
   * @param onLine is given each line `[index,result]` of it, as it comes.
   * @throws whatever the network or the clock has against it.
   */
  batch(body: string, context: FetchContext, onLine: (line: Buffer) => void): Promise<void>
  /** Makes the response of the bytes of a result. @throws Error when they are none. */
  read(bytes: Buffer, request: SubgraphRequest, context: FetchContext): unknown
  /** Stands in for the response to a query that the subgraph did not answer. */
  unavailable(request: SubgraphRequest, context: FetchContext, error: unknown): unknown
}

interface Member {
  request: SubgraphRequest
  context: FetchContext
  resolve(response: unknown): void
}

/** A subgraph takes at most this many queries in one request. */
const MAX_MEMBERS = 64

/** Characters of the queries of one request. */
const MAX_LENGTH = 500_000

const COMMA = 44
const NEWLINE = 10

/**
 * What one viewer asks a subgraph of ours while an earlier request is under way goes there in one request, and is served there
 * in one go: mostly that of the many who look around, which is everybody who is not signed in. The responses come as they are
 * ready, so nobody waits for a slow one.
 */
export function createQueryBatching(transport: BatchTransport): Ask {
  const coalescer = createCoalescer<Member>(
    send,
    ({ request }) => Math.max(request.body.length, MAX_LENGTH / MAX_MEMBERS),
    MAX_LENGTH,
  )

  return (request, context) =>
    new Promise((resolve) => coalescer.add(scopeKeyOf(context.viewer), { request, context, resolve }))

  /** Resolves with the first response, so that the next batch can start: the others of this one may take any time. */
  function send(members: readonly Member[]): Promise<unknown> {
    const [first] = members as [Member]
    return members.length === 1
      ? sendSingle(first)
      : new Promise<void>((answered) => void sendBatch(members, answered).then(answered))
  }

  async function sendSingle({ request, context, resolve }: Member): Promise<void> {
    resolve(await transport.single(request, context))
  }

  async function sendBatch(members: readonly Member[], answered: () => void): Promise<void> {
    const waiting = new Set(members)
    const take = (line: Buffer): void => {
      const comma = line.indexOf(COMMA)
      const member = members[Number(line.toString('latin1', 1, comma))]
      if (!member || !waiting.has(member)) throw new Error('a line for nobody')
      member.resolve(transport.read(line.subarray(comma + 1, -1), member.request, member.context))
      waiting.delete(member)
      answered()
    }
    try {
      const context = joinContexts(members.map((member) => member.context))
      await transport.batch(`[${members.map(({ request }) => request.body).join()}]`, context, take)
    } catch (error) {
      // To ask again would only make it later.
      if (error instanceof TimedOut || error instanceof NobodyWaits) {
        for (const { request, context, resolve } of waiting)
          resolve(transport.unavailable(request, context, error))
        return
      }
    }
    // It broke off, or was no response to a batch. They are queries, so each may be sent again.
    await Promise.all([...waiting].map(sendSingle))
  }
}

/** Calls back for each line, without its end, of what comes in chunks. */
export function createLineSplitter(onLine: (line: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer[] = []
  return (chunk) => {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const line = chunk.subarray(start, end)
      onLine(rest.length > 0 ? Buffer.concat([...rest, line]) : line)
      rest = []
      start = end + 1
    }
    if (start < chunk.length) rest.push(chunk.subarray(start))
  }
}
