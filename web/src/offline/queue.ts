import { signal } from '@preact/signals'
import { ask } from '../api/ask.ts'
import type { ApiError } from '../api/api-error.ts'
import type { Document } from '../api/document.ts'
import { session } from '../api/session.ts'
import type { OutboxEntry } from './database.ts'
import { errorOf, failureOf, isLost, outcomeOf } from './outcome.ts'
import {
  hasEnded,
  listEntries,
  OUTBOX_SYNC,
  type Outcome,
  putEntry,
  removeEntry,
  sendAll,
  sendEntry,
  watchOutbox,
} from './outbox.ts'
import { belongTo } from './database.ts'

/** A request has no answer yet, and is kept on this device: it is sent once there is a connection, and its outcome told. */
export class Queued extends Error {
  override readonly name = 'Queued'
  readonly key: string

  constructor(key: string) {
    super('it is sent once there is a connection')
    this.key = key
  }
}

/** What makes a request one that may be sent late. */
interface SurelyOptions {
  /** Its idempotency key, as it stands in `variables`. */
  key: string
  kind: OutboxEntry['kind']
  /** The booking that it is about, where there is one yet. */
  bookingId?: string
}

/** Requests that have no answer yet, or whose answer nobody has put away, the oldest first. */
export const queueState = signal<readonly OutboxEntry[]>([])

/** Pauses between tries while a page is open, since a network that is back does not always say so. */
const PAUSES_MS = [5_000, 10_000, 20_000, 40_000, 60_000]

/**
 * Sends a purchase so that it reaches the API even if the connection, this page or the device fails: only `createBooking` of a hold, and
 * `confirmPayment`, each with an idempotency key. It is written down before it leaves.
 * @returns its answer. @throws Queued when that is not known yet; ApiError when it was refused.
 */
export async function sendSurely<R, V>(
  document: Document<R, V>,
  variables: V,
  { key, kind, bookingId }: SurelyOptions,
): Promise<R> {
  const personId = session.value.user?.id
  const kept =
    personId !== undefined &&
    (await belongTo(personId)
      .then(() => putEntry({ key, kind, personId, bookingId: bookingId ?? null, document, variables }))
      .then(() => true)
      .catch(() => false)) // a browser that keeps nothing: then it is sent as anything else is
  if (!kept) return ask(document, variables, { idempotent: true })

  let refusal: ApiError | null = null
  const entry = await sendEntry(
    key,
    async () => {
      try {
        return { answer: await ask(document, variables, { idempotent: true }) }
      } catch (error) {
        if (isLost(error)) return 'lost'
        refusal = error as ApiError
        return { failure: failureOf(refusal) }
      }
    },
    true,
  )
  if (entry?.state === 'done') return finish(entry) as R
  if (entry?.state === 'failed') {
    await removeEntry(key)
    throw refusal ?? errorOf(entry.failure ?? { code: 'UNREACHABLE', message: '', extensions: {} })
  }
  await comeBackLater()
  throw new Queued(key)
}

function finish(entry: OutboxEntry): unknown {
  void removeEntry(entry.key)
  return entry.answer
}

/** Puts a request away whose outcome has been seen. */
export const putAway = (key: string): Promise<void> => removeEntry(key)

const sendAsMe = async ({ document, variables }: OutboxEntry): Promise<Outcome> => {
  try {
    return { answer: await ask(document as Document<unknown, unknown>, variables) }
  } catch (error) {
    return outcomeOf(error)
  }
}

let pause = 0
let timer: ReturnType<typeof setTimeout> | undefined

/** Sends what waits, now and until nothing does. */
export async function sendWaiting(): Promise<void> {
  clearTimeout(timer)
  const { status } = session.value
  if (status !== 'signed-in' && status !== 'guest') return
  const left = await sendAll(sendAsMe)
  if (left === 0) pause = 0
  else await comeBackLater()
}

/** The worker is woken when there is a network, also once this page is closed; and this page tries again by itself. */
async function comeBackLater(): Promise<void> {
  clearTimeout(timer)
  timer = setTimeout(() => void sendWaiting(), PAUSES_MS[pause])
  pause = Math.min(pause + 1, PAUSES_MS.length - 1)
  const registration: WithSync | undefined = await navigator.serviceWorker?.getRegistration()
  // Not everywhere; refused where the person does not want it.
  await registration?.sync?.register(OUTBOX_SYNC).catch(() => undefined)
}

interface WithSync extends ServiceWorkerRegistration {
  sync?: { register(tag: string): Promise<void> }
}

/** Follows the outbox, and sends what waits whenever there may be a connection again. @param ended is called whenever one may have ended. */
export function watchQueue(ended: () => void): void {
  const read = async () => {
    queueState.value = await listEntries()
    if (queueState.value.some(hasEnded)) ended()
  }
  const again = () => {
    pause = 0
    void sendWaiting()
  }
  watchOutbox(() => void read())
  window.addEventListener('online', again)
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') again()
  })
  void read().then(again)
}
