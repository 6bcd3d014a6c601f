import { connect, type Socket } from 'node:net'

/** What became of a request: a hold; a clean word that the seat is gone, or that a single one would be left beside it; a refusal for now; nothing in time. */
export type Outcome = 'held' | 'gone' | 'orphan' | 'shed' | 'late' | 'broken'

/** One request of one buyer, as it goes over the wire. */
export type Ask = Buffer

/** Several connections over which buyers ask, one request at a time on each. */
export interface Crowd {
  /** How many connections wait for somebody to ask. */
  readonly free: number
  /**
   * Asks over a free connection.
   * @param told what became of it and after how many milliseconds; not called once `close` was.
   */
  ask(request: Ask, told: (outcome: Outcome, ms: number) => void): void
  close(): void
}

const HEAD_END = Buffer.from('\r\n\r\n')
const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n')
const LENGTH = /content-length: (\d+)/i

/** A POST of one operation. */
export function askOf(port: number, token: string, query: string, variables: object): Ask {
  const body = JSON.stringify({ query, variables })
  return Buffer.from(
    `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\naccept: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

/**
 * Opens connections that are kept alive. One whose answer does not come within the patience of a buyer is closed, as browsers do, and another
 * is opened in its place.
 */
export async function openCrowd(port: number, connections: number, patienceMs: number): Promise<Crowd> {
  const free: Line[] = []
  const all = new Set<Line>()
  let isClosed = false

  class Line {
    readonly #socket: Socket
    #told: ((outcome: Outcome, ms: number) => void) | null = null
    #askedAt = 0
    #patience: NodeJS.Timeout | undefined
    #received: Buffer = Buffer.alloc(0)

    constructor(opened: () => void) {
      all.add(this)
      this.#socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => {
        free.push(this)
        opened()
      })
      this.#socket.on('data', (chunk) => this.#read(chunk))
      this.#socket.on('error', () => this.#socket.destroy())
      this.#socket.on('close', () => {
        all.delete(this)
        const index = free.indexOf(this)
        if (index >= 0) free.splice(index, 1)
        this.#answer('broken')
        if (!isClosed) new Line(opened)
      })
    }

    ask(request: Ask, told: (outcome: Outcome, ms: number) => void): void {
      this.#told = told
      this.#askedAt = performance.now()
      this.#patience = setTimeout(() => {
        this.#answer('late')
        this.#socket.destroy()
      }, patienceMs)
      this.#socket.write(request)
    }

    #answer(outcome: Outcome): void {
      clearTimeout(this.#patience)
      const told = this.#told
      this.#told = null
      if (!isClosed) told?.(outcome, performance.now() - this.#askedAt)
    }

    #read(chunk: Buffer): void {
      this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
      const end = this.#received.indexOf(HEAD_END)
      if (end < 0) return
      const length = LENGTH.exec(this.#received.toString('latin1', 0, end))?.[1]
      const start = end + HEAD_END.length
      // Without a length it comes in chunks, as before the router has run an operation once.
      const chunked = this.#received.indexOf(LAST_CHUNK, start)
      if (length === undefined && chunked < 0) return
      const total = length === undefined ? chunked + LAST_CHUNK.length : start + Number(length)
      if (this.#received.length < total) return
      const body = this.#received.toString('latin1', start, total)
      this.#received = this.#received.subarray(total)
      free.push(this)
      this.#answer(outcomeOf(body))
    }

    destroy(): void {
      clearTimeout(this.#patience)
      this.#socket.destroy()
    }
  }

  await new Promise<void>((resolve) => {
    let opened = 0
    for (let left = connections; left > 0; left--)
      new Line(() => {
        opened += 1
        if (opened === connections) resolve()
      })
  })
  return {
    get free() {
      return free.length
    },
    ask: (request, told) => free.pop()?.ask(request, told),
    close() {
      isClosed = true
      for (const line of all) line.destroy()
    },
  }
}

function outcomeOf(body: string): Outcome {
  if (body.includes('"holdSeats":{')) return 'held'
  if (body.includes('"SEATS_UNAVAILABLE"') || body.includes('"SOLD_OUT"')) return 'gone'
  if (body.includes('"ORPHAN_SEAT"')) return 'orphan'
  if (body.includes('"SERVICE_UNAVAILABLE"') || body.includes('"RATE_LIMITED"')) return 'shed'
  if (!odd.has(body.slice(0, ODD_LENGTH)) && odd.add(body.slice(0, ODD_LENGTH)).size <= MAX_ODD)
    console.log(`  ${body}`)
  return 'broken'
}

/** Answers that were neither, which are shown once, a few of them. */
const odd = new Set<string>()
const ODD_LENGTH = 60
const MAX_ODD = 5
