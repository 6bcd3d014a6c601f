import { answerOf, onceKept, openDatabase } from './indexed-db.ts'

/** An answer of the API that is shown again where there is no connection. */
export interface KeptAnswer {
  /** Of which operation with which variables. */
  key: string
  /** `event`: of an event that was looked at, the newest ones only. `mine`: of the person at this device, gone with them. */
  group: 'event' | 'mine'
  /** When it came, in milliseconds. */
  keptAt: number
  data: unknown
}

/** A ticket with all that its page shows, its code among it. */
export interface KeptTicket {
  id: string
  ticket: unknown
}

/** Why a request came to nothing. */
export interface Failure {
  code: string
  message: string
  extensions: Record<string, unknown>
}

/** A request that is sent until it has an answer. */
export interface OutboxEntry {
  /** What makes it one: its idempotency key. */
  key: string
  kind: 'createBooking' | 'confirmPayment'
  /** Whose it is; nobody else sends it. */
  personId: string
  /** The booking that it is about, where there is one yet. */
  bookingId: string | null
  document: string
  variables: unknown
  /**
   * `sending` is also what a process that died between answer and note has left behind: whoever has the entry's lock next sends it again, under the
   * same idempotency key.
   */
  state: 'waiting' | 'sending' | 'done' | 'failed'
  /** Its data, once it is done. */
  answer: unknown
  failure: Failure | null
  /** Whether somebody waits for it on a page, or was told how it ended. */
  told: boolean
  createdAt: number
}

/** What this device knows of itself. */
interface Facts {
  /** Whose tickets, bookings and requests are here. */
  personId: string
  /** In which language a notification is worded while no page is open. */
  language: 'id' | 'en'
  /** When all tickets were last read, in milliseconds. */
  ticketsAt: number
}

/** What stands in which store. */
interface Values {
  answers: KeptAnswer
  tickets: KeptTicket
  outbox: OutboxEntry
  facts: Facts[keyof Facts]
}

type StoreName = keyof Values

/** A store within one transaction. */
export interface Store<V> {
  get(key: string): Promise<V | undefined>
  getAll(): Promise<V[]>
  /** Keys of a group, the oldest first. */
  keysOf(group: KeptAnswer['group']): Promise<string[]>
  /** @param key where the value does not have its own. */
  put(value: V, key?: string): void
  delete(key: string): void
  clear(): void
}

let opened: Promise<IDBDatabase> | null = null

/**
 * Runs one transaction on the database of this device, which pages and the worker share: all of it is kept, or nothing.
 * @param run waits for nothing but what it reads: else the transaction ends before it. @returns what `run` gives, once it is kept.
 * @throws DOMException where the browser keeps nothing, as in some private windows.
 */
export async function within<N extends StoreName, T>(
  names: readonly N[],
  mode: 'readonly' | 'readwrite',
  run: (stores: { [K in N]: Store<Values[K]> }) => T | Promise<T>,
): Promise<T> {
  const transaction = (await open()).transaction(names as readonly string[] as string[], mode)
  const stores = Object.fromEntries(names.map((name) => [name, storeOf(transaction.objectStore(name))]))
  return onceKept(transaction, () => run(stores as { [K in N]: Store<Values[K]> }))
}

const storeOf = <V>(store: IDBObjectStore): Store<V> => ({
  get: (key) => answerOf(store.get(key) as IDBRequest<V | undefined>),
  getAll: () => answerOf(store.getAll() as IDBRequest<V[]>),
  keysOf: (group) => {
    const range = IDBKeyRange.bound([group, 0], [group, Infinity])
    return answerOf(store.index('group').getAllKeys(range) as IDBRequest<unknown> as IDBRequest<string[]>)
  },
  put: (value, key) => void store.put(value, key),
  delete: (key) => void store.delete(key),
  clear: () => void store.clear(),
})

function open(): Promise<IDBDatabase> {
  opened ??= openNow().catch((error: unknown) => {
    opened = null
    throw error
  })
  return opened
}

async function openNow(): Promise<IDBDatabase> {
  const db = await openDatabase('karcis', (made) => {
    made.createObjectStore('answers', { keyPath: 'key' }).createIndex('group', ['group', 'keptAt'])
    made.createObjectStore('tickets', { keyPath: 'id' })
    made.createObjectStore('outbox', { keyPath: 'key' })
    made.createObjectStore('facts')
  })
  const forget = () => {
    opened = null
  }
  db.addEventListener('close', forget)
  // Another version of the app wants it: it is let in, and this page opens the database anew when it needs it.
  db.addEventListener('versionchange', () => {
    forget()
    db.close()
  })
  return db
}

export const readFact = <K extends keyof Facts>(name: K): Promise<Facts[K] | undefined> =>
  within(['facts'], 'readonly', ({ facts }) => facts.get(name) as Promise<Facts[K] | undefined>)

export const writeFact = <K extends keyof Facts>(name: K, value: Facts[K]): Promise<void> =>
  within(['facts'], 'readwrite', ({ facts }) => facts.put(value, name))

/**
 * Forgets everything of whoever was here before, and notes who is now. What is of this person already stays.
 * @param personId null: nobody.
 */
export const belongTo = (personId: string | null): Promise<void> =>
  within(
    ['answers', 'tickets', 'outbox', 'facts'],
    'readwrite',
    async ({ answers, tickets, outbox, facts }) => {
      if ((await facts.get('personId')) === (personId ?? undefined)) return
      for (const key of await answers.keysOf('mine')) answers.delete(key)
      tickets.clear()
      outbox.clear()
      facts.delete('ticketsAt')
      if (personId === null) facts.delete('personId')
      else facts.put(personId, 'personId')
    },
  )
