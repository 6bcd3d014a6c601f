import type { Writable } from 'node:stream'
import type { Framing } from './frames.ts'

/** Lets outboxes write in turn. */
export interface Turns {
  /** Something more waits in this outbox, which asks for a turn unless it has done so. */
  waits(outbox: Outbox, asks: boolean): void
  written(events: number): void
}

/** With more than this in it an outbox is written without waiting for its turn. */
const MAX_PENDING_BYTES = 64_000

/**
 * What goes to one connection: the events of one turn, whatever operations they are of, leave in one write. All that
 * waits for a slow reader is what its stream holds, and that is bounded by whoever asks a line whether it is full.
 * A class, as its lines are, because ten thousand of them share their methods.
 */
export class Outbox {
  readonly #stream: Writable
  readonly #framing: Framing
  readonly #isOpen: () => boolean
  readonly #turns: Turns
  #lines: Line[] = []
  #events: Buffer[] = []
  #bytes = 0
  #hasTurn = false
  #drainers: (() => void)[] | null = null

  /**
   * @param stream to which others write nothing but whole frames.
   * @param isOpen whether frames may still be written.
   */
  constructor(stream: Writable, framing: Framing, isOpen: () => boolean, turns: Turns) {
    this.#stream = stream
    this.#framing = framing
    this.#isOpen = isOpen
    this.#turns = turns
  }

  /** For one operation. @param head goes before the JSON of each event, and `tail` after it. */
  line(head: string, tail: string): Line {
    return new Line(this, head, tail)
  }

  push(line: Line, json: Buffer): void {
    this.#lines.push(line)
    this.#events.push(json)
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
    const lines = this.#lines
    const events = this.#events
    if (lines.length === 0) return
    this.#lines = []
    this.#events = []
    this.#bytes = 0
    this.#turns.written(lines.length)
    if (this.#isOpen()) this.#write(lines, events)
  }

  #write(lines: Line[], events: Buffer[]): void {
    let size = 0
    for (const [index, line] of lines.entries()) {
      if (line.isOpen) size += this.#framing.size(line.length + (events[index] as Buffer).length)
    }
    if (size === 0) return
    const bytes = Buffer.allocUnsafe(size)
    let offset = 0
    for (const [index, { isOpen, head, tail, length }] of lines.entries()) {
      if (!isOpen) continue
      const json = events[index] as Buffer
      offset = this.#framing.begin(bytes, offset, length + json.length)
      offset += bytes.write(head, offset)
      offset += json.copy(bytes, offset)
      offset += bytes.write(tail, offset)
    }
    this.#stream.write(bytes)
  }
}

/** Where the events of one operation go. */
export class Line {
  readonly head: string
  readonly tail: string
  /** Bytes of both. */
  readonly length: number
  readonly #outbox: Outbox
  #isOpen = true

  constructor(outbox: Outbox, head: string, tail: string) {
    this.#outbox = outbox
    this.head = head
    this.tail = tail
    this.length = Buffer.byteLength(head) + Buffer.byteLength(tail)
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
