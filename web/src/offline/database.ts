import { type DBSchema, type IDBPDatabase, openDB } from 'idb'

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

interface Schema extends DBSchema {
  answers: { key: string; value: KeptAnswer; indexes: { group: [string, number] } }
  tickets: { key: string; value: KeptTicket }
  outbox: { key: string; value: OutboxEntry }
  facts: { key: string; value: Facts[keyof Facts] }
}

export type Database = IDBPDatabase<Schema>

let opened: Promise<Database> | null = null

/** The database of this device, for pages and the worker alike. @throws where the browser keeps nothing, as in some private windows. */
export function database(): Promise<Database> {
  opened ??= openDB<Schema>('karcis', 1, {
    upgrade(db) {
      db.createObjectStore('answers', { keyPath: 'key' }).createIndex('group', ['group', 'keptAt'])
      db.createObjectStore('tickets', { keyPath: 'id' })
      db.createObjectStore('outbox', { keyPath: 'key' })
      db.createObjectStore('facts')
    },
    // A newer version of the app waits: it is let in, and this page opens the database anew when it needs it.
    blocking: (_current, _blocked, event) => {
      opened = null
      ;(event.target as IDBDatabase).close()
    },
    terminated: () => {
      opened = null
    },
  }).catch((error: unknown) => {
    opened = null
    throw error
  })
  return opened
}

export async function readFact<K extends keyof Facts>(name: K): Promise<Facts[K] | undefined> {
  return (await (await database()).get('facts', name)) as Facts[K] | undefined
}

export async function writeFact<K extends keyof Facts>(name: K, value: Facts[K]): Promise<void> {
  await (await database()).put('facts', value, name)
}

/**
 * Forgets everything of whoever was here before, and notes who is now. What is of this person already stays.
 * @param personId null: nobody.
 */
export async function belongTo(personId: string | null): Promise<void> {
  const db = await database()
  const tx = db.transaction(['answers', 'tickets', 'outbox', 'facts'], 'readwrite')
  const facts = tx.objectStore('facts')
  const before = await facts.get('personId')
  if (before !== (personId ?? undefined)) {
    const answers = tx.objectStore('answers')
    const mine = await answers
      .index('group')
      .getAllKeys(IDBKeyRange.bound(['mine', 0], ['mine', Number.MAX_VALUE]))
    await Promise.all([
      ...mine.map((key) => answers.delete(key)),
      tx.objectStore('tickets').clear(),
      tx.objectStore('outbox').clear(),
      facts.delete('ticketsAt'),
      personId === null ? facts.delete('personId') : facts.put(personId, 'personId'),
    ])
  }
  await tx.done
}
