import type { Writable } from 'node:stream'
import type { FrameBatch, Framing, Wrapping } from './frames.ts'

/** Lets write queues write in turn. */
export interface Turns {
  /** A batch of this event only. */
  first(json: Buffer): FrameBatch
  /** One more event waits in this queue. @param needsTurn unless it is waiting for its turn already. */
  queued(queue: WriteQueue, needsTurn: boolean): void
  /** This many events no longer wait. */
  written(events: number): void
}

/** Says whether frames may still be written to a connection. */
export interface Gate {
  readonly isOpen: boolean
}

/** A queue with more than this in it is written without waiting for its turn. */
const MAX_PENDING_BYTES = 64_000

/** Events of one operation that wait, and what waits ahead of them. */
interface Pending {
  before: Pending | null
  channel: FrameChannel
  batch: FrameBatch
}

/**
 * What goes to one connection: the events of one turn, whatever operations they are of, leave in one write. All that waits for
 * a slow reader is what its stream holds, and that is bounded because nothing is pushed to a channel that is full.
 * A class, as its channels are, because ten thousand of them share their methods.
 */
export class WriteQueue {
  readonly framing: Framing
  readonly #stream: Writable
  readonly #gate: Gate
  readonly #turns: Turns
  #pending: Pending | null = null
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

  /** A channel for one operation. @param head goes before the JSON of each event, and `tail` after it. */
  channel(head: string, tail: string): FrameChannel {
    return new FrameChannel(this, head, tail)
  }

  push(channel: FrameChannel, json: Buffer): void {
    const pending = this.#pending
    if (pending?.channel === channel) pending.batch = pending.batch.and(json)
    else this.#pending = { before: pending, channel, batch: this.#turns.first(json) }
    this.#bytes += json.length
    this.#turns.queued(this, !this.#hasTurn)
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

  /** Writes what waits now, so that a message that is sent next comes after it. */
  flush(): void {
    const pending = this.#pending
    if (!pending) return
    this.#pending = null
    this.#bytes = 0
    const { isOpen } = this.#gate
    if (!pending.before) return this.#write(pending, isOpen)
    this.#stream.cork()
    for (const one of oldestFirst(pending)) this.#write(one, isOpen)
    this.#stream.uncork()
  }

  #write({ channel, batch }: Pending, isOpen: boolean): void {
    this.#turns.written(batch.count)
    if (isOpen && channel.isOpen) this.#stream.write(batch.bytesIn(channel))
  }
}

function oldestFirst(newest: Pending): Pending[] {
  const all: Pending[] = []
  for (let one: Pending | null = newest; one; one = one.before) all.push(one)
  return all.reverse()
}

/** The events of one operation on their way to its client. */
export class FrameChannel implements Wrapping {
  readonly head: string
  readonly tail: string
  readonly length: number
  readonly #queue: WriteQueue
  #isOpen = true

  constructor(queue: WriteQueue, head: string, tail: string) {
    this.#queue = queue
    this.head = head
    this.tail = tail
    this.length = Buffer.byteLength(head) + Buffer.byteLength(tail)
  }

  get framing(): Framing {
    return this.#queue.framing
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Whether its connection has as much as it can take for now. */
  get isFull(): boolean {
    return this.#queue.isFull
  }

  /** Sends the JSON of an event when it is the connection's turn. */
  push(json: Buffer): void {
    this.#queue.push(this, json)
  }

  /** Calls once, when the connection is no longer full. */
  onDrain(listener: () => void): void {
    this.#queue.onDrain(() => {
      if (this.#isOpen) listener()
    })
  }

  /** Nothing is sent any more, not even what has been pushed. */
  close(): void {
    this.#isOpen = false
  }
}
