import type { TicketOfMine } from '../generated/tickets/tickets.ts'
import { dateTime } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import { Badge } from '../ui/badge.tsx'
import { Disclosure } from '../ui/disclosure.tsx'
import { stockOf, TicketStub } from '../ui/ticket-stub.tsx'
import { WhenAndWhere } from './page-parts.tsx'
import { QrCode } from './qr-code.tsx'
import { admits, placeOf, referenceOf } from './ticket-groups.ts'

const TONES = {
  VALID: 'success',
  USED: 'neutral',
  REFUNDED: 'warning',
  CANCELLED: 'danger',
  TRANSFERRED: 'neutral',
} as const

/** Where a ticket stands, in a word or two. @param unlessValid says nothing of one that simply admits. */
export function StatusBadge({ ticket, unlessValid }: { ticket: TicketOfMine; unlessValid?: boolean }) {
  const t = useTexts('tickets')
  if (ticket.frozen) return <Badge tone="warning">{t.frozen}</Badge>
  if (ticket.status === 'VALID' && ticket.offeredAt) return <Badge tone="accent">{t.offered}</Badge>
  if (ticket.status === 'VALID' && unlessValid) return null
  return <Badge tone={TONES[ticket.status]}>{t.status[ticket.status]}</Badge>
}

/** A ticket as one holds it: what it is for, and its code on white. @param level as deep as its title stands in the page. */
export function TicketFace({ ticket, level }: { ticket: TicketOfMine; level: 1 | 2 }) {
  const t = useTexts('tickets')
  const Heading = `h${level}` as const
  const { event, attendee, id, code, checkedInAt } = ticket
  const reference = referenceOf(id)
  return (
    <TicketStub
      class="ticket-face"
      stock={stockOf(event?.category?.name)}
      tear="foot"
      stub={
        <div class="ticket-face__stub">
          <span>
            <span class="ticket-face__label">{t.number}</span> <span class="figures">{reference}</span>
          </span>
          <StatusBadge ticket={ticket} />
        </div>
      }
    >
      {event && (
        <>
          <Heading class="ticket-face__title">{event.title}</Heading>
          <WhenAndWhere event={event} online={t.online} />
        </>
      )}
      <p class="ticket-face__place">
        <strong>{placeOf(ticket, t.seat)}</strong>
        {attendee && <span>{attendee.name}</span>}
      </p>
      {admits(ticket) ? (
        <div class="ticket-face__code">
          <QrCode code={code} label={t.codeOf(reference)} />
        </div>
      ) : (
        <p class="ticket-face__why">
          <Why ticket={ticket} />
          {checkedInAt && event && ` ${t.usedAt(dateTime(checkedInAt, event.timezone))}.`}
        </p>
      )}
    </TicketStub>
  )
}

/** Why it admits nobody. */
function Why({ ticket: { status, frozen, event } }: { ticket: TicketOfMine }) {
  const t = useTexts('tickets')
  if (status !== 'VALID') return <>{t.why[status]}</>
  return <>{event?.status === 'CANCELLED' ? t.why.EVENT : frozen ? t.why.FROZEN : ''}</>
}

/** The code in letters, for a door whose camera cannot read it. */
export function CodeAsText({ code }: { code: string }) {
  const t = useTexts('tickets')
  return (
    <Disclosure summary={t.codeText}>
      <p>{t.codeTextHint}</p>
      <code class="code-text">{code}</code>
    </Disclosure>
  )
}
