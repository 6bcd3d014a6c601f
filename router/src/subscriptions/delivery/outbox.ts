import type { Writable } from 'node:stream'
import type { Batch, Framing, Wrapping } from './frames.ts'

/** Lets outboxes write in turn. */
export interface Turns {
  /** A batch of this event only. */
  first(json: Buffer): Batch
  /** One more event waits in this outbox, which asks for a turn unless it has done so. */
  waits(outbox: Outbox, asks: boolean): void
  /** So many events wait no longer. */
  settled(events: number): void
}

/** What knows whether frames may still be written to a connection. */
export interface Gate {
  readonly isOpen: boolean
}

/** With more than this in it an outbox is written without waiting for its turn. */
const MAX_PENDING_BYTES = 64_000

/** Events of one operation that wait, and what waits before them. */
interface Owed {
  before: Owed | null
  line: Line
  batch: Batch
}

/**
 * What goes to one connection: the events of one turn, whatever operations they are of, leave in one write. All that
 * waits for a slow reader is what its stream holds, and that is bounded by whoever asks a line whether it is full.
 * A class, as its lines are, because ten thousand of them share their methods.
 */
export class Outbox {
  readonly framing: Framing
  readonly #stream: Writable
  readonly #gate: Gate
  readonly #turns: Turns
  #owed: Owed | null = null
  #bytes = 0
  #hasTurn = false
  #drainers: (() => void)[] | null = null

  /** @param stream to which others write nothing but whole frames. */
  constructor(stream: Writable, framing: Framing, gate: Gate, turns: Turns) {
    this.#stream = stream
    this.framing = framing
    this.#gate = gate
    this.#turns = turns
  }

  /** For one operation. @param head goes before the JSON of each event, and `tail` after it. */
  line(head: string, tail: string): Line {
    return new Line(this, head, tail)
  }

  push(line: Line, json: Buffer): void {
    const owed = this.#owed
    if (owed?.line === line) owed.batch = owed.batch.and(json)
    else this.#owed = { before: owed, line, batch: this.#turns.first(json) }
    this.#bytes += json.length
    this.#turns.waits(this, !this.#hasTurn)
    this.#hasTurn = true
  }

  get isFull(): boolean {
    if (this.#bytes > MAX_PENDING_BYTES) this.flush()
    return this.#stream.writableNeedDrain
  }

  onDrain(listener: () => void): void {
    if (this.#drainers) return void this.#drainers.push(listener)
    const drainers = [listener]
    this.#drainers = drainers
    this.#stream.once('drain', () => {
      this.#drainers = null
      for (const drained of drainers) drained()
    })
  }

  /** Its turn has come. */
  turn(): void {
    this.#hasTurn = false
    this.flush()
  }

  /** Writes what waits at once, so that a message after it comes after it. */
  flush(): void {
    const owed = this.#owed
    if (!owed) return
    this.#owed = null
    this.#bytes = 0
    const { isOpen } = this.#gate
    if (!owed.before) return this.#write(owed, isOpen)
    this.#stream.cork()
    for (const part of oldestFirst(owed)) this.#write(part, isOpen)
    this.#stream.uncork()
  }

  #write({ line, batch }: Owed, isOpen: boolean): void {
    this.#turns.settled(batch.count)
    if (isOpen && line.isOpen) this.#stream.write(batch.bytesIn(line))
  }
}

function oldestFirst(newest: Owed): Owed[] {
  const all: Owed[] = []
  for (let one: Owed | null = newest; one; one = one.before) all.push(one)
  return all.reverse()
}

/** Where the events of one operation go. */
export class Line implements Wrapping {
  readonly head: string
  readonly tail: string
  readonly length: number
  readonly #outbox: Outbox
  #isOpen = true

  constructor(outbox: Outbox, head: string, tail: string) {
    this.#outbox = outbox
    this.head = head
    this.tail = tail
    this.length = Buffer.byteLength(head) + Buffer.byteLength(tail)
  }

  get framing(): Framing {
    return this.#outbox.framing
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Whether its connection has as much as it can take for now. */
  get isFull(): boolean {
    return this.#outbox.isFull
  }

  /** Sends the JSON of an event, soon. */
  push(json: Buffer): void {
    this.#outbox.push(this, json)
  }

  /** Calls once, when the connection is no longer full. */
  onDrain(listener: () => void): void {
    this.#outbox.onDrain(() => {
      if (this.#isOpen) listener()
    })
  }

  /** Nothing of it is sent any more, not even what has been pushed. */
  close(): void {
    this.#isOpen = false
  }
}
