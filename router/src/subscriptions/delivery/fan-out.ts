import type { Writable } from 'node:stream'
import { Batch, type Framing } from './frames.ts'
import { type Gate, Outbox, type Turns } from './outbox.ts'

export interface FanOut {
  /** The outbox of one connection. @param stream to which others write nothing but whole frames. */
  open(stream: Writable, framing: Framing, gate: Gate): Outbox
  /**
   * Null when more events may be sent at once; else resolves when those that wait have gone. Whoever has many waits for it,
   * so that what is owed to many connections does not pile up here.
   */
  room(): Promise<void> | null
}

/** Connections written to before anything else in this process gets its turn. */
const CHUNK = 64

/** Events that wait, over all connections. */
const MAX_PENDING = 65_536

/**
 * Writes events to many connections. Writing to a socket is what a delivery costs, so each connection is written to once
 * a turn; and a turn is short, so that whoever asks a query in between does not wait behind ten thousand watchers.
 */
export function createFanOut(): FanOut {
  let waiting: Outbox[] = []
  let next = 0
  let pending = 0
  let quiet: PromiseWithResolvers<void> | null = null
  /** With what an outbox began last: the next one mostly begins with the same. */
  let first: Batch | null = null

  function sweep(): void {
    const end = Math.min(next + CHUNK, waiting.length)
    while (next < end) waiting[next++]?.turn()
    if (next < waiting.length) return void setImmediate(sweep)
    waiting = []
    next = 0
    first = null
    quiet?.resolve()
    quiet = null
  }

  const turns: Turns = {
    first(json) {
      if (!first?.endsWith(json)) first = new Batch(null, json)
      return first
    },
    waits(outbox, asks) {
      pending++
      if (asks && waiting.push(outbox) === 1) setImmediate(sweep)
    },
    settled(events) {
      pending -= events
    },
  }

  return {
    open: (stream, framing, gate) => new Outbox(stream, framing, gate, turns),
    room() {
      if (pending < MAX_PENDING) return null
      quiet ??= Promise.withResolvers()
      return quiet.promise
    },
  }
}
