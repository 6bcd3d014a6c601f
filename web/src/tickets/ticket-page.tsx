import { useSignal } from '@preact/signals'
import { useLocation, useRoute } from 'preact-iso'
import { useEffect, useRef } from 'preact/hooks'
import { type ApiError, asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { session } from '../api/session.ts'
import { OneTicket, type TicketOfMine } from '../generated/tickets/tickets.ts'
import { useTexts } from '../texts/index.ts'
import { relative } from '../texts/times.ts'
import { useTitle } from '../texts/title.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { IconButton } from '../ui/icon-button.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import { AtDoor } from './at-door.tsx'
import { readTickets, takeTicket, useMyTickets } from './my-tickets.ts'
import { NotFresh, SignInFirst } from './page-parts.tsx'
import { CannotCome } from './cannot-come.tsx'
import { CodeAsText, TicketFace } from './ticket-face.tsx'
import { TicketFilesOf } from './ticket-files.tsx'
import { admits, besideTicket } from './ticket-groups.ts'
import { followTicket } from './follow-ticket.ts'
import { WhoComes } from './who-comes.tsx'
import './tickets.css'

/** One ticket of mine, with the others of its event beside it; it is all there without a connection too. */
export function TicketPage() {
  const t = useTexts('tickets')
  const { params } = useRoute()
  const id = (params['id'] ?? '').toLowerCase()
  const { tickets, readAt, error } = useMyTickets()
  const other = useSignal<TicketOfMine | null>(null)
  const missing = useSignal<ApiError | 'none' | null>(null)
  const { user } = session.value
  const ticket = tickets?.find((one) => one.id === id) ?? (other.value?.id === id ? other.value : undefined)
  useTitle(ticket?.event?.title ?? t.title)

  // Not among mine: it is new, or one of an event that this person works for.
  const isMissing = tickets !== null && !ticket && user !== undefined
  useEffect(() => {
    if (!isMissing) return
    missing.value = null
    ask(OneTicket, { id })
      .then(({ ticket: found }) => {
        other.value = found
        if (!found) missing.value = 'none'
      })
      .catch((failure: unknown) => {
        missing.value = asApiError(failure)
      })
  }, [isMissing, id])

  if (!user) return <SignInFirst title={t.signInFirst} text={t.signInText} action={t.signIn} />
  if (ticket)
    return (
      <div class="own-page">
        <p class="own-page__back">
          <a href="/tickets">{t.title}</a>
        </p>
        {error && (
          <NotFresh
            error={error}
            kept
            asOf={readAt === null ? '' : t.asOf(relative(new Date(readAt).toISOString()))}
            again={t.again}
            onAgain={() => void readTickets(user.id)}
          />
        )}
        <Tickets
          tickets={besideTicket(tickets ?? [ticket], ticket)}
          ticket={ticket}
          isMine={other.value !== ticket}
        />
      </div>
    )
  const failed = missing.value
  if (failed !== null && failed !== 'none' && failed.code !== 'FORBIDDEN' && failed.code !== 'BAD_USER_INPUT')
    return (
      <NotFresh
        error={failed}
        kept={false}
        asOf=""
        again={t.again}
        onAgain={() => void readTickets(user.id)}
      />
    )
  if (failed !== null || (error && tickets === null))
    return error && tickets === null ? (
      <NotFresh
        error={error}
        kept={false}
        asOf=""
        again={t.again}
        onAgain={() => void readTickets(user.id)}
      />
    ) : (
      <Empty
        level={1}
        title={t.notFound}
        text={t.notFoundText}
        action={
          <Button variant="primary" href="/tickets">
            {t.backToTickets}
          </Button>
        }
      />
    )
  return (
    <div class="own-page" aria-busy="true">
      <Skeleton shape="ticket" />
    </div>
  )
}

function Tickets({
  tickets,
  ticket,
  isMine,
}: {
  tickets: readonly TicketOfMine[]
  ticket: TicketOfMine
  isMine: boolean
}) {
  const t = useTexts('tickets')
  const { route } = useLocation()
  const showing = useSignal(false)
  const strip = useRef<HTMLUListElement>(null)
  const at = tickets.findIndex(({ id }) => id === ticket.id)
  const go = (to: number) => {
    const next = tickets[to]
    if (next && next.id !== ticket.id) route(`/tickets/${next.id}`, true)
  }

  // What is opened is what is seen: on the first look at once, later by a movement that the person may have switched off.
  const seen = useRef(-1)
  useEffect(() => {
    const element = strip.current?.children[at]
    if (element instanceof HTMLElement && seen.current !== at)
      strip.current?.scrollTo({
        left: element.offsetLeft - (strip.current.clientWidth - element.offsetWidth) / 2,
        behavior: seen.current === -1 ? 'instant' : 'auto',
      })
    seen.current = at
  }, [at])

  // And where a finger leaves it, that one is opened.
  const settle = () => {
    const element = strip.current
    if (!element) return
    const middle = element.scrollLeft + element.clientWidth / 2
    const to = Array.from(element.children).findIndex(
      (child) => child instanceof HTMLElement && child.offsetLeft + child.offsetWidth > middle,
    )
    if (to === -1 || to === at) return
    seen.current = to
    go(to)
  }

  useEffect(
    () => followTicket(ticket, (now) => takeTicket({ ...ticket, ...now })),
    [ticket.id, ticket.event?.startsAt],
  )
  const admitting = tickets.filter(admits)

  return (
    <>
      {!ticket.event && <h1 class="visually-hidden">{t.title}</h1>}
      <ul
        ref={strip}
        class="ticket-strip"
        onScrollEnd={settle}
        tabIndex={tickets.length > 1 ? 0 : undefined} // arrows move it, as fingers do
        aria-label={tickets.length > 1 ? t.swipe : undefined}
      >
        {tickets.map((one) => (
          <li
            key={one.id}
            class="ticket-strip__one"
            inert={one.id !== ticket.id}
            aria-hidden={one.id !== ticket.id}
          >
            <TicketFace ticket={one} level={one.id === ticket.id ? 1 : 2} />
          </li>
        ))}
      </ul>
      {tickets.length > 1 && (
        <div class="ticket-steps">
          <IconButton icon="chevron-left" label={t.previous} disabled={at === 0} onClick={() => go(at - 1)} />
          <p role="status">{t.which(at + 1, tickets.length)}</p>
          <IconButton
            icon="chevron-right"
            label={t.next}
            disabled={at === tickets.length - 1}
            onClick={() => go(at + 1)}
          />
        </div>
      )}
      <div class="own-page__actions">
        {admits(ticket) && (
          <Button variant="primary" size="l" icon="sun" onClick={() => (showing.value = true)}>
            {t.showAtDoor}
          </Button>
        )}
        {ticket.event && <Button href={`/events/${ticket.event.slug}`}>{t.event}</Button>}
        {ticket.event?.mapUrl && (
          <Button href={ticket.event.mapUrl} target="_blank" rel="noopener" icon="location">
            {t.map}
          </Button>
        )}
        {ticket.booking && (
          <Button variant="quiet" href={`/bookings/${ticket.booking.id}`}>
            {t.booking}
          </Button>
        )}
      </div>
      <div class="ticket-more">
        <WhoComes key={`who-${ticket.id}`} ticket={ticket} />
        {admits(ticket) && <CodeAsText code={ticket.code} />}
        <TicketFilesOf key={`files-${ticket.id}`} ticket={ticket} />
        {isMine && ticket.status === 'VALID' && <CannotCome key={`not-${ticket.id}`} ticket={ticket} />}
      </div>
      {showing.value && (
        <AtDoor
          tickets={admitting}
          at={Math.max(
            0,
            admitting.findIndex(({ id }) => id === ticket.id),
          )}
          onGo={(to) => go(tickets.findIndex(({ id }) => id === admitting[to]?.id))}
          onClose={() => (showing.value = false)}
        />
      )}
    </>
  )
}
