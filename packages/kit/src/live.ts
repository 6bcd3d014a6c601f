import { createAsyncQueue } from './async-queue.ts'
import type { Logger } from './log.ts'
import { isAway } from './outages.ts'
import type { Bus } from './redis.ts'
import { type Change, type ReadChanges, shareReads } from './shared-reads.ts'

export type { Change }

/** @typeParam R what a read gives, which may know more than is told. */
export interface LiveOptions<C extends Change, R extends C = C> {
  bus: Bus
  log: Logger
  channel: (key: string) => string
  /** Reads from the database all that changed after `since`; null when nothing did. Truth, where the bus is a hint. */
  read: ReadChanges<R>
  /** What of a read is new to somebody who has more than it began at. Unless given, a read tells how a thing is, whatever one has. */
  after?: (read: R, since: number) => C
  /** Two changes that wait unread for a slow watcher, as one. */
  merge: (waiting: C, next: C) => C
  /** Changes that come within so many milliseconds of the one before are told as one, so that a rush is not told change by change; 0 unless given. */
  mergeMs?: number
  /** How often a watched key is read although the bus said nothing: how late a change can be when the bus lost it. */
  pollMs: number
}

export interface Live<C extends Change> {
  /** Publishes a change to every process; call it after the commit. */
  publish(key: string, change: C): void
  /** Everything after `since`, first from the database, then live, without a gap and in order, until returned. */
  watch(key: string, since: number): AsyncIterableIterator<C>
  close(): void
}

/**
 * Live changes of many things, each with a revision that rises by one per committed change set. The bus makes
 * them fast; the database makes them right: a watcher that sees a gap, or hears nothing for `pollMs`, reads.
 */
export function createLive<C extends Change, R extends C = C>(options: LiveOptions<C, R>): Live<C> {
  const {
    bus,
    log,
    channel,
    merge,
    pollMs,
    mergeMs = 0,
    after = (whole: R, since: number): C => ({ ...whole, since }),
  } = options
  const read = shareReads(options.read, after)
  const watchers = new Set<{ check: () => void; end: () => void }>()
  const poll = setInterval(() => {
    for (const watcher of watchers) watcher.check()
  }, pollMs)
  poll.unref()

  return {
    publish: (key, change) => bus.publish(channel(key), isLong(change) ? asGap(change) : change),

    watch(key, since) {
      let seen = since
      let reading = false
      let readAgain = false

      let waiting: C | null = null
      let toldAt = Number.NEGATIVE_INFINITY
      let timer: NodeJS.Timeout | undefined

      const queue = createAsyncQueue<C>(() => {
        watchers.delete(watcher)
        clearTimeout(timer)
        unsubscribe()
      }, merge)

      function deliver(change: C): void {
        seen = change.revision
        waiting = waiting ? merge(waiting, change) : change
        if (timer) return
        const untilTold = toldAt + mergeMs - performance.now()
        if (untilTold <= 0) tell()
        else timer = setTimeout(tell, untilTold)
      }

      function tell(): void {
        timer = undefined
        toldAt = performance.now()
        if (waiting) queue.push(waiting)
        waiting = null
      }

      async function catchUp(): Promise<void> {
        if (reading) {
          readAgain = true
          return
        }
        reading = true
        try {
          do {
            readAgain = false
            const change = await read(key, seen)
            // Lower than what was seen is true as well: after a restore the revision begins again from before.
            if (change && change.revision !== seen) deliver(change)
          } while (readAgain)
        } catch (error) {
          // The next poll tries again: the watcher is late, never wrong.
          if (!isAway(error, log)) log.warn({ err: error, key }, 'could not read changes')
        } finally {
          reading = false
        }
      }

      const unsubscribe = bus.subscribe(channel(key), (message) => {
        if (!isChange(message)) return
        const change = message as C
        if (change.revision <= seen) return
        // While a read is under way its result may or may not hold this change: reading once more is always right.
        if (!reading && change.since <= seen) deliver(change)
        else void catchUp()
      })
      const watcher = { check: () => void catchUp(), end: () => queue.end() }
      watchers.add(watcher)
      void catchUp()
      return queue
    },

    close() {
      clearInterval(poll)
      for (const watcher of watchers) watcher.end()
    },
  }
}

/** A message of more has every watcher of every process take it in at once; those who want it read it. */
const MAX_LENGTH = 1_000

const isLong = (change: Change): boolean =>
  Object.values(change).some((value) => Array.isArray(value) && value.length > MAX_LENGTH)

/** Says that there is a newer revision, and nothing of what is in it. */
const asGap = ({ revision }: Change): Change => ({ since: revision, revision })

/** Somebody else's Redis may carry somebody else's messages. */
const isChange = (message: unknown): message is Change => {
  const { since, revision } = (message ?? {}) as Partial<Change>
  return typeof since === 'number' && typeof revision === 'number'
}
