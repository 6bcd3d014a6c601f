import type { Writable } from 'node:stream'
import { FrameBatch, type Framing } from './frames.ts'
import { type Gate, type Turns, WriteQueue } from './write-queue.ts'

export interface FanOut {
  /** The write queue of one connection. @param stream to which others write nothing but whole frames. */
  open(stream: Writable, framing: Framing, gate: Gate): WriteQueue
  /**
   * Null when more events may be sent at once; otherwise resolves when those that wait have been written. A topic waits for it
   * between events, so that events for many connections do not pile up here.
   */
  room(): Promise<void> | null
}

/** Connections that are written to before anything else in this process gets its turn. */
const CHUNK = 64

/** Events that wait, on all connections together. */
const MAX_PENDING = 65_536

/**
 * Writes events to many connections. Writing to a socket is what a delivery costs, so each connection is written to once
 * a turn; and a turn is short, so that a query in between does not wait behind ten thousand watchers.
 */
export function createFanOut(): FanOut {
  let waiting: WriteQueue[] = []
  let next = 0
  let pending = 0
  let drained: PromiseWithResolvers<void> | null = null
  /** The batch that a queue began with last: the next one mostly begins with the same event. */
  let first: FrameBatch | null = null

  function sweep(): void {
    const end = Math.min(next + CHUNK, waiting.length)
    while (next < end) waiting[next++]?.turn()
    if (next < waiting.length) return void setImmediate(sweep)
    waiting = []
    next = 0
    first = null
    drained?.resolve()
    drained = null
  }

  const turns: Turns = {
    first(json) {
      if (!first?.endsWith(json)) first = new FrameBatch(null, json)
      return first
    },
    queued(queue, needsTurn) {
      pending++
      if (needsTurn && waiting.push(queue) === 1) setImmediate(sweep)
    },
    written(events) {
      pending -= events
    },
  }

  return {
    open: (stream, framing, gate) => new WriteQueue(stream, framing, gate, turns),
    room() {
      if (pending < MAX_PENDING) return null
      drained ??= Promise.withResolvers()
      return drained.promise
    },
  }
}
