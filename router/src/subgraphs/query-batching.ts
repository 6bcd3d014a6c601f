import { CircuitOpen } from '@karcis/kit/breakers/circuit'
import { createCoalescer } from '@karcis/kit/coalescing'
import { type ResponseLimits, TimedOut } from './dispatch.ts'
import { type FetchContext, joinContexts, scopeKeyOf, type SubgraphRequest } from './request.ts'
import { type NoRoom, ResponseTooLarge } from './response-room.ts'
import { NobodyWaits } from './waiting.ts'

/** Asks a subgraph for the response to one query; never rejects. */
export type Ask = (request: SubgraphRequest, context: FetchContext) => Promise<unknown>

export interface BatchTransport {
  /** Sends one query by itself. */
  single: Ask
  /**
   * Sends a JSON array of operations. Resolves when the whole response has come.
   * @param requestIds of the operations, in their order.
   * @param lines is given each line `[index,result]` of it, as it comes.
   * @throws whatever the network or the clock has against it.
   */
  batch(body: string, context: FetchContext, requestIds: string, lines: LineListener): Promise<void>
  /**
   * Makes the response of the bytes of a result. @throws Error when they are none.
   * @param held by the line, of the room for large responses.
   */
  read(bytes: Buffer, held: number, request: SubgraphRequest, context: FetchContext): unknown
  /** Stands in for the response to a query that the subgraph did not answer. */
  unavailable(request: SubgraphRequest, error: unknown): unknown
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
    const memberOf = (start: Buffer): [member: Member, comma: number] => {
      const comma = start.indexOf(COMMA)
      const member = members[Number(start.toString('latin1', 1, comma))]
      if (!member || !waiting.has(member)) throw new Error('a line for nobody')
      return [member, comma]
    }
    const answer = (member: Member, response: unknown): void => {
      member.resolve(response)
      waiting.delete(member)
      answered()
    }
    const lines: LineListener = {
      onLine(line, held) {
        const [member, comma] = memberOf(line)
        answer(member, transport.read(line.subarray(comma + 1, -1), held, member.request, member.context))
      },
      onRefused(start, error) {
        const [member] = memberOf(start)
        answer(member, transport.unavailable(member.request, error))
      },
    }
    try {
      const contexts = members.map(({ context }) => context)
      const body = `[${members.map(({ request }) => request.body).join()}]`
      const requestIds = contexts.map(({ requestId }) => requestId).join()
      await transport.batch(body, joinContexts(contexts), requestIds, lines)
    } catch (error) {
      // To ask again would only make it later.
      if (error instanceof TimedOut || error instanceof NobodyWaits || error instanceof CircuitOpen) {
        for (const { request, resolve } of waiting) resolve(transport.unavailable(request, error))
        return
      }
    }
    // It broke off, or was no response to a batch. They are queries, so each may be sent again.
    await Promise.all([...waiting].map(sendSingle))
  }
}

/** Hears of each line. What it throws goes to whoever gives the chunk. */
export interface LineListener {
  /** @param line without its end. @param held by it of the room for large responses: its own from now on, unless it throws. */
  onLine(line: Buffer, held: number): void
  /** The line is larger than may be, and is passed over. @param start some of its first bytes. */
  onRefused(start: Buffer, error: ResponseTooLarge | NoRoom): void
}

/** Takes lines in chunks, each line within the limits of a response. */
export class LineSplitter {
  readonly #limits: ResponseLimits
  readonly #lines: LineListener
  #parts: Buffer[] = []
  #size = 0
  #held = 0
  #isPassedOver = false

  constructor(limits: ResponseLimits, lines: LineListener) {
    this.#limits = limits
    this.#lines = lines
  }

  take(chunk: Buffer): void {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#add(chunk.subarray(start, end))
      this.#finish()
      start = end + 1
    }
    if (start < chunk.length) this.#add(chunk.subarray(start))
  }

  /** Nothing more comes. */
  end(): void {
    this.#parts = []
    this.#limits.room.give(this.#held)
    this.#held = 0
  }

  #add(part: Buffer): void {
    if (this.#isPassedOver) return
    this.#parts.push(part)
    this.#size += part.length
    const { maxBytes, room } = this.#limits
    try {
      if (this.#size > maxBytes) throw new ResponseTooLarge(maxBytes)
      this.#held = room.grow(this.#held, this.#size)
    } catch (error) {
      const [first = part, second] = this.#parts
      this.#isPassedOver = true
      this.end()
      this.#lines.onRefused(
        second ? Buffer.concat([first, second]) : first,
        error as ResponseTooLarge | NoRoom,
      )
    }
  }

  #finish(): void {
    const parts = this.#parts
    const isPassedOver = this.#isPassedOver
    this.#parts = []
    this.#size = 0
    this.#isPassedOver = false
    if (isPassedOver) return
    const [first] = parts
    this.#lines.onLine(parts.length === 1 && first ? first : Buffer.concat(parts), this.#held)
    this.#held = 0
  }
}
