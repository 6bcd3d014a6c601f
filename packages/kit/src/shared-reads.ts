/** What changed of one thing: everything after revision `since`, up to `revision`. */
export interface Change {
  since: number
  revision: number
}

/** Reads all that changed of a thing after `since`, as of one moment; null when nothing did. */
export type ReadChanges<C extends Change> = (key: string, since: number) => Promise<C | null>

/** So many things are read at a time: each read may be as large as the largest of them. */
const AT_ONCE = 4

/** Somebody who wants what changed since a revision. */
interface Reader<C> {
  since: number
  resolve(change: C | null): void
  reject(error: unknown): void
}

/**
 * Has all who wait to read one thing share a read, from wherever they are: it begins at the earliest of their revisions, and each
 * is given what is new to them. While it is under way those who come wait for the next, for they may come because of a change that it
 * does not see. So a thing is read once at a time, however many watch it, and what they are given is in memory once.
 *
 * @param after what a read gave, without what somebody has who has a later revision; made once for each revision.
 */
export function shareReads<C extends Change, R extends C>(
  read: ReadChanges<R>,
  after: (read: R, since: number) => C,
): ReadChanges<C> {
  const waiting = new Map<string, Reader<C>[]>()
  const underWay = new Set<string>()

  /** Gives an answer to those whom it answers; the others read again. */
  async function serve(key: string, readers: readonly Reader<C>[]): Promise<void> {
    const asked = readers.reduce((least, { since }) => Math.min(least, since), Infinity)
    const change = await read(key, asked)
    const parts = new Map<number, C | null>([[asked, change]])
    const others: Reader<C>[] = []
    for (const reader of readers) {
      const { since } = reader
      if (change && !parts.has(since)) {
        // Told from before what was asked, as after a restore: whoever has more than that is to be told the same.
        if (change.since < asked) parts.set(since, change)
        else if (since <= change.revision)
          parts.set(since, since < change.revision ? after(change, since) : null)
      }
      const part = parts.get(since)
      if (part === undefined) others.push(reader)
      else reader.resolve(part)
    }
    // They have what this has not reached: that is for a read of their own to judge.
    if (others.length > 0) await serve(key, others)
  }

  async function readAndGoOn(key: string, readers: readonly Reader<C>[]): Promise<void> {
    try {
      await serve(key, readers)
    } catch (error) {
      for (const reader of readers) reader.reject(error) // those who have been answered do not hear of it
    }
    underWay.delete(key)
    begin()
  }

  function begin(): void {
    for (const [key, readers] of waiting) {
      if (underWay.size >= AT_ONCE) return
      if (underWay.has(key)) continue
      waiting.delete(key)
      underWay.add(key)
      void readAndGoOn(key, readers)
    }
  }

  return (key, since) => {
    const { promise, resolve, reject } = Promise.withResolvers<C | null>()
    const reader = { since, resolve, reject }
    const readers = waiting.get(key)
    if (readers) readers.push(reader)
    else waiting.set(key, [reader])
    begin()
    return promise
  }
}
