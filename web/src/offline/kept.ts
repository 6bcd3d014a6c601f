import { database, type KeptAnswer, readFact } from './database.ts'

/** Of so many events that were looked at, the newest are kept. */
const EVENTS = 50

/** Keeps an answer of the API for when there is no connection; the one before under its key gives way. */
export async function keepAnswer(group: KeptAnswer['group'], key: string, data: unknown): Promise<void> {
  const tx = (await database()).transaction('answers', 'readwrite')
  await tx.store.put({ key, group, keptAt: Date.now(), data })
  if (group === 'event') {
    const range = IDBKeyRange.bound(['event', 0], ['event', Number.MAX_VALUE])
    const keys = await tx.store.index('group').getAllKeys(range) // the oldest first
    await Promise.all(keys.slice(0, -EVENTS).map((old) => tx.store.delete(old)))
  }
  await tx.done
}

/** The answer that was kept under a key; undefined when there is none. */
export async function keptAnswer(key: string): Promise<KeptAnswer | undefined> {
  return (await database()).get('answers', key)
}

/** Keeps all tickets of the person: those of before that are not among them any more go. */
export async function keepTickets(tickets: readonly { id: string }[]): Promise<void> {
  const tx = (await database()).transaction(['tickets', 'facts'], 'readwrite')
  const store = tx.objectStore('tickets')
  await store.clear()
  await Promise.all(tickets.map((ticket) => store.put({ id: ticket.id, ticket })))
  await tx.objectStore('facts').put(Date.now(), 'ticketsAt')
  await tx.done
}

/** Keeps one ticket as it is now. */
export async function keepTicket(ticket: { id: string }): Promise<void> {
  await (await database()).put('tickets', { id: ticket.id, ticket })
}

/** All tickets that are kept, and when they were last read as a whole, in milliseconds; undefined when they never were. */
export async function keptTickets<T>(): Promise<{ tickets: T[]; at: number | undefined }> {
  const [kept, at] = await Promise.all([database().then((db) => db.getAll('tickets')), readFact('ticketsAt')])
  return { tickets: kept.map(({ ticket }) => ticket as T), at }
}

