import { createLines } from '@karcis/kit/coalescing'
import { TimedOut } from './dispatch.ts'
import { type FetchContext, scopeKeyOf, type SubgraphRequest } from './request.ts'

/** Asks a subgraph for the answer to one query; never rejects. */
export type Ask = (request: SubgraphRequest, context: FetchContext) => Promise<unknown>

export interface BatchTransport {
  /** Sends one query by itself. */
  alone: Ask
  /**
   * Sends a JSON array of operations. Resolves when all of the answer has come.
   * @param onLine is given each line `[index,result]` of it, as it comes.
   * @throws whatever the network or the clock has against it.
   */
  together(body: string, context: FetchContext, onLine: (line: Buffer) => void): Promise<void>
  /** Makes the answer of the bytes of a result. @throws Error when they are none. */
  read(bytes: Buffer): unknown
  /** What is answered for a query that the subgraph did not answer. */
  away(request: SubgraphRequest, context: FetchContext, error: unknown): unknown
}

interface Member {
  request: SubgraphRequest
  context: FetchContext
  resolve(answer: unknown): void
}

/** A subgraph takes at most this many in one request. */
const MAX_MEMBERS = 64
/** Characters of what is asked together. */
const MAX_LENGTH = 500_000

const COMMA = 44
const NEWLINE = 10

/**
 * What one viewer asks a subgraph of ours in the meantime goes there in one request, and is worked on there in one go: with
 * many who look around, all who are not signed in. The answers come as they are ready, so nobody waits for a slow one.
 */
export function createBatches(transport: BatchTransport): Ask {
  const lines = createLines<Member>(
    depart,
    ({ request }) => Math.max(request.body.length, MAX_LENGTH / MAX_MEMBERS),
    MAX_LENGTH,
  )

  return (request, context) =>
    new Promise((resolve) => lines.enter(scopeKeyOf(context.viewer), { request, context, resolve }))

  /** Resolves with the first answer, for the next ones to set out: those here may take any time. */
  function depart(members: readonly Member[]): Promise<unknown> {
    const [first] = members as [Member]
    return members.length === 1
      ? goAlone(first)
      : new Promise<void>((arrived) => void goTogether(members, arrived).then(arrived))
  }

  async function goAlone({ request, context, resolve }: Member): Promise<void> {
    resolve(await transport.alone(request, context))
  }

  async function goTogether(members: readonly Member[], arrived: () => void): Promise<void> {
    const waiting = new Set(members)
    const take = (line: Buffer): void => {
      const comma = line.indexOf(COMMA)
      const member = members[Number(line.toString('latin1', 1, comma))]
      if (!member || !waiting.has(member)) throw new Error('a line for nobody')
      member.resolve(transport.read(line.subarray(comma + 1, -1)))
      waiting.delete(member)
      arrived()
    }
    try {
      const [{ context }] = members as [Member]
      await transport.together(`[${members.map(({ request }) => request.body).join()}]`, context, take)
    } catch (error) {
      // To ask again would only make it later.
      if (error instanceof TimedOut) {
        for (const { request, context, resolve } of waiting) resolve(transport.away(request, context, error))
        return
      }
    }
    // It broke off, or was no answer to a batch. They are queries, so each may be asked again.
    await Promise.all([...waiting].map(goAlone))
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
