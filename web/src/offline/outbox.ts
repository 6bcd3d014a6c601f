import { type Failure, type OutboxEntry, readFact, within } from './database.ts'

/** What a request came to: an answer; a refusal, for good; or nothing that could be known, so it is sent again. */
export type Outcome = { answer: unknown } | { failure: Failure } | 'lost'

/** Sends one request as the person at this device. */
export type Send = (entry: OutboxEntry) => Promise<Outcome>

/** Pages and the worker tell each other here that the outbox has changed. */
export const OUTBOX_CHANNEL = 'karcis-outbox'
/** The tag of the background sync. */
export const OUTBOX_SYNC = 'karcis-outbox'

/** The API knows an idempotency key for a day; after that a repeat would be another request. */
const KEY_LIFETIME_MS = 23 * 3_600_000

const TOO_LATE: Failure = { code: 'TOO_LATE', message: 'It could not be sent in time.', extensions: {} }

/** Puts a request in, before it is sent for the first time: from then on it outlives the page. What the same key had before gives way to it. */
export async function putEntry(
  entry: Pick<OutboxEntry, 'key' | 'kind' | 'personId' | 'bookingId' | 'document' | 'variables'>,
): Promise<void> {
  await within(['outbox'], 'readwrite', async ({ outbox }) => {
    const before = await outbox.get(entry.key)
    // An answer that is there already is the answer; a key that is tried again after a refusal begins anew.
    if (before?.state === 'done' && JSON.stringify(before.variables) === JSON.stringify(entry.variables))
      return
    const createdAt = before && before.state !== 'failed' ? before.createdAt : Date.now()
    outbox.put({ ...entry, state: 'waiting', answer: null, failure: null, told: true, createdAt })
  })
  changed()
}

/**
 * Sends an entry, unless it has ended, and notes what came of it. Whatever number of tabs and workers do so at once, it leaves once: the others
 * wait for the lock and find it done. Dies the process between the answer and the note, it is sent again under the same idempotency key.
 * @param awaited whether a page waits for it, and tells itself how it ended.
 * @returns the entry as it is then; undefined when it was taken away meanwhile, as by a sign-out.
 */
export function sendEntry(key: string, send: Send, awaited: boolean): Promise<OutboxEntry | undefined> {
  return locked(`karcis-outbox:${key}`, async () => {
    const entry = await findEntry(key)
    if (!entry || hasEnded(entry)) return entry
    if (entry.personId !== (await readFact('personId'))) return undefined
    if (Date.now() - entry.createdAt > KEY_LIFETIME_MS)
      return changeEntry(key, { state: 'failed', failure: TOO_LATE })
    const sending = await changeEntry(key, { state: 'sending', told: awaited })
    if (!sending) return undefined
    const outcome = await send(sending).catch((): Outcome => 'lost')
    if (outcome === 'lost') return changeEntry(key, { state: 'waiting', told: false })
    return changeEntry(
      key,
      'answer' in outcome
        ? { state: 'done', answer: outcome.answer }
        : { state: 'failed', failure: outcome.failure },
    )
  })
}

/** Sends all that waits, the oldest first. @returns how many wait still. */
export async function sendAll(send: Send): Promise<number> {
  let left = 0
  for (const { key } of (await listEntries()).filter((entry) => !hasEnded(entry))) {
    const entry = await sendEntry(key, send, false)
    if (entry && !hasEnded(entry)) left += 1
  }
  return left
}

const findEntry = (key: string): Promise<OutboxEntry | undefined> =>
  within(['outbox'], 'readonly', ({ outbox }) => outbox.get(key))

/** All entries, the oldest first. */
export async function listEntries(): Promise<OutboxEntry[]> {
  const entries = await within(['outbox'], 'readonly', ({ outbox }) => outbox.getAll())
  return entries.toSorted((a, b) => a.createdAt - b.createdAt)
}

/** Takes an entry out, as when its outcome has been seen. */
export async function removeEntry(key: string): Promise<void> {
  await within(['outbox'], 'readwrite', ({ outbox }) => outbox.delete(key))
  changed()
}

/** Those that have ended and of which nobody was told: whoever takes them tells, and nobody else does. */
export const takeUntold = (): Promise<OutboxEntry[]> =>
  within(['outbox'], 'readwrite', async ({ outbox }) => {
    const untold = (await outbox.getAll()).filter((entry) => hasEnded(entry) && !entry.told)
    for (const entry of untold) outbox.put({ ...entry, told: true })
    return untold
  })

export const hasEnded = ({ state }: OutboxEntry): boolean => state === 'done' || state === 'failed'

/** Changes an entry that is still there: what was taken away meanwhile stays away. */
async function changeEntry(key: string, change: Partial<OutboxEntry>): Promise<OutboxEntry | undefined> {
  const next = await within(['outbox'], 'readwrite', async ({ outbox }) => {
    const entry = await outbox.get(key)
    const changed = entry && { ...entry, ...change }
    if (changed) outbox.put(changed)
    return changed
  })
  changed()
  return next
}

const channel = new BroadcastChannel(OUTBOX_CHANNEL)
/** In the page that changes something too: a channel does not tell itself. */
const listeners = new Set<() => void>()

function changed(): void {
  channel.postMessage(null)
  for (const listener of listeners) listener()
}

/** Calls back whenever the outbox has changed, here or elsewhere. */
export function watchOutbox(listener: () => void): void {
  listeners.add(listener)
  channel.addEventListener('message', listener)
}

/** Web locks are for secure pages only; elsewhere there is no worker either, and the idempotency key alone has to do. */
const locked = <T>(name: string, run: () => Promise<T>): Promise<T> =>
  navigator.locks ? (navigator.locks.request(name, run) as Promise<T>) : run()
