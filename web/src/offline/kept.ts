import { type KeptAnswer, within } from './database.ts'

/** Of so many events that were looked at, the newest are kept. */
const EVENTS = 50

/** Keeps an answer of the API for when there is no connection; the one before under its key gives way. */
export const keepAnswer = (group: KeptAnswer['group'], key: string, data: unknown): Promise<void> =>
  within(['answers'], 'readwrite', async ({ answers }) => {
    answers.put({ key, group, keptAt: Date.now(), data })
    if (group !== 'event') return
    for (const old of (await answers.keysOf('event')).slice(0, -EVENTS)) answers.delete(old)
  })

/** The answer that was kept under a key; undefined when there is none. */
export const keptAnswer = (key: string): Promise<KeptAnswer | undefined> =>
  within(['answers'], 'readonly', ({ answers }) => answers.get(key))

/** Keeps all tickets of the person: those of before that are not among them any more go. */
export const keepTickets = (mine: readonly { id: string }[]): Promise<void> =>
  within(['tickets', 'facts'], 'readwrite', ({ tickets, facts }) => {
    tickets.clear()
    for (const ticket of mine) tickets.put({ id: ticket.id, ticket })
    facts.put(Date.now(), 'ticketsAt')
  })

/** Keeps one ticket as it is now. */
export const keepTicket = (ticket: { id: string }): Promise<void> =>
  within(['tickets'], 'readwrite', ({ tickets }) => tickets.put({ id: ticket.id, ticket }))

/** All tickets that are kept, and when they were last read as a whole, in milliseconds; undefined when they never were. */
export const keptTickets = (): Promise<{ tickets: unknown[]; at: number | undefined }> =>
  within(['tickets', 'facts'], 'readonly', async ({ tickets, facts }) => {
    const [kept, at] = await Promise.all([tickets.getAll(), facts.get('ticketsAt')])
    return { tickets: kept.map(({ ticket }) => ticket), at: at as number | undefined }
  })
