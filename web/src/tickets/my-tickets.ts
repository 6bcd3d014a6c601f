import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { nodesOf } from '../api/nodes.ts'
import { type ApiError, asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { onIdentityChange, session } from '../api/session.ts'
import { MyTickets, type MyTicketsResult, type TicketOfMine } from '../generated/tickets/tickets.ts'
import { belongTo } from '../offline/database.ts'
import { keepTicket, keepTickets, keptTickets } from '../offline/kept.ts'

interface Mine {
  /** The newest first; null until the first ones are there. */
  tickets: readonly TicketOfMine[] | null
  /** When they were last read from the API, in milliseconds; null: never. */
  readAt: number | null
  /** Why they could not be read just now; null when they are as the API has them. */
  error: ApiError | null
  loading: boolean
}

const NOTHING: Mine = { tickets: null, readAt: null, error: null, loading: false }

/** My tickets, for all pages that show some: from this device at once, then as the API has them. */
export const mine = signal<Mine>(NOTHING)

onIdentityChange(() => {
  mine.value = NOTHING
})

/** Reads my tickets while a page shows them, and again when there is a connection again. */
export function useMyTickets(): Mine {
  const personId = session.value.user?.id
  useEffect(() => {
    if (personId === undefined) return
    const read = () => void readTickets(personId)
    read()
    window.addEventListener('online', read)
    return () => window.removeEventListener('online', read)
  }, [personId])
  return mine.value
}

/** Reads all pages of them. */
export async function readTickets(personId: string): Promise<void> {
  mine.value = { ...mine.value, loading: true }
  if (mine.value.tickets === null) await showKept(personId)
  try {
    const tickets = await listAll()
    if (session.value.user?.id !== personId) return
    mine.value = { tickets, readAt: Date.now(), error: null, loading: false }
    await belongTo(personId)
      .then(() => keepTickets(tickets))
      .catch(() => undefined) // a browser that keeps nothing
  } catch (failure) {
    mine.value = { ...mine.value, error: asApiError(failure), loading: false }
  }
}

async function showKept(personId: string): Promise<void> {
  try {
    await belongTo(personId)
    const { tickets, at } = await keptTickets()
    if (at === undefined || mine.value.tickets !== null || session.value.user?.id !== personId) return
    const newestFirst = (tickets as TicketOfMine[]).toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))
    mine.value = { ...mine.value, tickets: newestFirst, readAt: at }
  } catch {
    // A browser that keeps nothing.
  }
}

async function listAll(): Promise<TicketOfMine[]> {
  const all: TicketOfMine[] = []
  let after: string | null = null
  do {
    const { myTickets }: MyTicketsResult = await ask(MyTickets, { after })
    all.push(...nodesOf(myTickets))
    after = myTickets?.pageInfo.hasNextPage ? (myTickets.pageInfo.endCursor ?? null) : null
  } while (after !== null)
  return all
}

/** Takes over how one of them is now. */
export function takeTicket(ticket: TicketOfMine | null | undefined): void {
  if (!ticket) return
  const { tickets } = mine.value
  if (tickets)
    mine.value = {
      ...mine.value,
      tickets: tickets.map((one) => (one.id === ticket.id ? { ...one, ...ticket } : one)),
    }
  void keepTicket(ticket).catch(() => undefined)
}
