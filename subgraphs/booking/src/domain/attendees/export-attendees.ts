import { type EventTicket, type EventTicketFilter, MOST_EVENT_TICKETS } from '@karcis/kit/contracts/attendees'
import { downloadPath, downloadToken } from '@karcis/kit/contracts/downloads'
import { Forbidden, NotFound } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import type { FileAnswer } from '@karcis/kit/subgraph/server'
import { parseInput } from '@karcis/kit/validate'
import type { Deps } from '../deps.ts'
import { mayDo } from '../events/event-copy.ts'
import { BYTE_ORDER_MARK, csvLine } from './csv.ts'
import { exportFilter } from './exports.ts'
import { requireOrganizer, ticketsOf } from './view-attendees.ts'

/** A file that can be fetched for a while. */
export interface Export {
  url: string
  expiresAt: Date
}

/** Long enough to click on it, short enough to be of no use to whoever finds it in a history of pages. */
const LIFE_MINUTES = 10

/**
 * A link to a file of all who have tickets for an event.
 * @throws Forbidden unless the viewer organizes it or is an admin; BadUserInput.
 */
export async function exportAttendees(
  deps: Deps,
  viewer: Viewer,
  rawEventId: string,
  rawFilter: unknown,
): Promise<Export> {
  const eventId = await requireOrganizer(deps, viewer, rawEventId)
  const filter = parseInput(exportFilter, rawFilter ?? {}, 'filter')
  const expiresAt = new Date(Date.now() + LIFE_MINUTES * 60_000)
  const token = deps.exportUrls.sign({ eventId, userId: viewer.id, role: viewer.role, ...filter }, expiresAt)
  return { url: downloadPath('export', token), expiresAt }
}

/**
 * The file that a link opens, made while it is read. Whoever the link was made for must still organize the event.
 * @throws NotFound for what is no link of ours, or past its time; Forbidden, TooManyExports.
 */
export async function openExport(deps: Deps, name: string): Promise<FileAnswer> {
  const token = downloadToken('export', name)
  const claim = token === null ? null : deps.exportUrls.read(token)
  if (!claim) throw new NotFound('export', 'of this link')
  const { eventId, userId, role, ticketTypeId, status } = claim
  if (!(await mayDo(deps, { id: userId, role, sessionId: '' }, eventId, 'SELL')))
    throw new Forbidden('Only its organizer and the staff of its sale see who has tickets for an event.')
  const end = deps.exportsUnderWay.begin(userId)
  return {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="attendees-${eventId}.csv"`,
      'cache-control': 'no-store',
    },
    body: writeAttendees(deps, ticketsOf(eventId, ticketTypeId, status), end),
  }
}

const HEADER = [
  'Name',
  'Email',
  'Ticket type',
  'Seat',
  'Status',
  'Checked in at',
  'Bought at',
  'Ticket id',
  'Booking id',
  'Attendee',
]
/** Behind a column for each question: what was answered to those that are asked no more. */
const OTHERS = 'Other answers'

/** The lines, oldest ticket first, page by page: a file of any length takes the memory of one page. @param end called at its end. */
async function* writeAttendees(
  { tickets, users }: Pick<Deps, 'tickets' | 'users'>,
  filter: EventTicketFilter,
  end: () => void,
): AsyncGenerator<string> {
  try {
    const questions = await tickets.questionsOfEvent(filter.eventId)
    yield BYTE_ORDER_MARK + csvLine([...HEADER, ...questions, OTHERS])
    for (let newerThan: string | null = null; ; ) {
      const range = { newerThan, oldestFirst: true, limit: MOST_EVENT_TICKETS }
      const page: Awaited<ReturnType<typeof tickets.ofEvent>> = await tickets.ofEvent(filter, range)
      const people = await users.contacts([...new Set(page.map(({ ownerId }) => ownerId))])
      yield page
        .map((ticket) => {
          const person = people.get(ticket.ownerId)
          return csvLine([
            ticket.guestName ?? person?.name ?? null,
            ticket.guestEmail ?? person?.email ?? null,
            ticket.typeName,
            ticket.seatLabel,
            ticket.status,
            ticket.checkedInAt?.toISOString() ?? null,
            ticket.createdAt.toISOString(),
            ticket.id,
            ticket.bookingId,
            ticket.attendeeName,
            ...answerCells(ticket, questions),
          ])
        })
        .join('')
      if (page.length < MOST_EVENT_TICKETS) return
      newerThan = page.at(-1)?.id ?? null
    }
  } finally {
    end()
  }
}

/** What was answered to each question, and then to all others. */
function answerCells({ answers }: EventTicket, questions: readonly string[]): (string | null)[] {
  const others = answers.filter(({ question }) => !questions.includes(question))
  return [
    ...questions.map((text) => answers.find(({ question }) => question === text)?.answer ?? null),
    others.map(({ question, answer }) => `${question} ${answer}`).join('\n'),
  ]
}
