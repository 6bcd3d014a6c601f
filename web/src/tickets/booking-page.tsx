import { useSignal } from '@preact/signals'
import { useLocation, useRoute } from 'preact-iso'
import { useEffect } from 'preact/hooks'
import { asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { session } from '../api/session.ts'
import { subscribe } from '../api/subscribe.ts'
import { BookingNow, type BookingOfMine, GiveUp, OneBooking } from '../generated/tickets/bookings.ts'
import { useKept } from '../offline/use-kept.ts'
import { dateTime } from '../texts/format.ts'
import { explain, useTexts } from '../texts/index.ts'
import { relative } from '../texts/times.ts'
import { useTitle } from '../texts/title.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { Countdown } from '../ui/countdown.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Empty } from '../ui/empty.tsx'
import { Notice } from '../ui/notice.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import { stockOf, TicketStub } from '../ui/ticket-stub.tsx'
import { notify } from '../ui/toast.ts'
import { BookingBadge } from './booking-badge.tsx'
import { Invoices, Money, PaymentOf } from './booking-money.tsx'
import { NotFresh, SignInFirst, WhenAndWhere } from './page-parts.tsx'
import { Refunds } from './refunds.tsx'
import { placeOf } from './ticket-groups.ts'
import { WaitingRequests } from './waiting-requests.tsx'
import './tickets.css'

/** One booking of mine, live: what it is of, what it costs, how it is paid, and what becomes of its money. */
export function BookingPage() {
  const t = useTexts('bookings')
  const { params } = useRoute()
  const id = (params['id'] ?? '').toLowerCase()
  const { user } = session.value
  const { data, keptAt, error, reload, take } = useKept(OneBooking, user ? { id } : null)
  const booking = data.value?.booking
  useTitle(booking?.event?.title ?? t.one)

  const personId = user?.id
  useEffect(() => {
    if (personId === undefined) return
    return subscribe(BookingNow, { id }, { next: ({ bookingChanged }) => take({ booking: bookingChanged }) })
  }, [id, personId])

  if (!user) return <SignInFirst title={t.signInFirst} text={t.signInText} action={t.signIn} />
  const failure = error.value
  if (!booking && failure && failure.code !== 'FORBIDDEN' && failure.code !== 'BAD_USER_INPUT')
    return <NotFresh error={failure} kept={false} asOf="" again={t.again} onAgain={reload} />
  if (!booking && (failure || data.value))
    return (
      <Empty
        level={1}
        title={t.notFound}
        text={t.notFoundText}
        action={
          <Button variant="primary" href="/bookings">
            {t.backToBookings}
          </Button>
        }
      />
    )
  return (
    <div class="own-page" aria-busy={!booking}>
      <p class="own-page__back">
        <a href="/bookings">{t.title}</a>
      </p>
      {failure && (
        <NotFresh
          error={failure}
          kept
          asOf={keptAt.value === null ? '' : t.asOf(relative(new Date(keptAt.value).toISOString()))}
          again={t.again}
          onAgain={reload}
        />
      )}
      {booking ? (
        <Booking booking={booking} take={(now) => take({ booking: now })} reload={reload} />
      ) : (
        <Skeleton shape="ticket" />
      )}
    </div>
  )
}

interface BookingProps {
  booking: BookingOfMine
  take(booking: BookingOfMine): void
  reload(): void
}

function Booking({ booking, take, reload }: BookingProps) {
  const t = useTexts('bookings')
  const { event, id, status, createdAt, items } = booking
  const { query } = useLocation()
  return (
    <>
      <TicketStub
        stock={stockOf(event?.category?.name)}
        stub={
          <div class="booking-stub">
            <BookingBadge status={status} />
            <span>{t.places(items.reduce((sum, { quantity }) => sum + quantity, 0))}</span>
          </div>
        }
      >
        <h1 class="booking-title">{event?.title ?? t.eventGone}</h1>
        {event && <WhenAndWhere event={event} online={t.online} />}
        {event?.cancellationReason && <p>{event.cancellationReason}</p>}
        {event && (
          <p class="booking-links">
            <a href={`/events/${event.slug}`}>{t.event}</a>
            {event.mapUrl && (
              <a href={event.mapUrl} target="_blank" rel="noopener">
                {t.map}
              </a>
            )}
          </p>
        )}
      </TicketStub>
      <WaitingRequests bookingId={id} />
      <State booking={booking} take={take} reload={reload} />
      <TicketsOf booking={booking} />
      <div class="booking-cards">
        <Money booking={booking} />
        <PaymentOf booking={booking} />
        <Invoices booking={booking} />
      </div>
      <Refunds booking={booking} asked={query['refund'] ?? null} reload={reload} />
      {session.value.status === 'guest' && (
        <Notice tone="info" title={t.guest}>
          {t.guestText}
        </Notice>
      )}
      <p class="quiet">
        {t.placed(dateTime(createdAt))}
        <br />
        {t.number} <span class="figures">{id}</span>
      </p>
    </>
  )
}

/** What is to be done now, if anything is. */
function State({ booking, take, reload }: BookingProps) {
  const t = useTexts('bookings')
  const giving = useSignal(false)
  const busy = useSignal(false)
  const { id, status, expiresAt, payment, tickets, event } = booking
  if (status === 'EXPIRED' || status === 'CANCELLED')
    return <Notice tone="warning">{t.statusText[status]}</Notice>
  if (status === 'PAID' && tickets?.length === 0) return <Notice tone="info">{t.issuing}</Notice>
  if (status !== 'PENDING') return null
  const giveUp = async () => {
    busy.value = true
    try {
      const { cancelBooking } = await ask(GiveUp, { id }, { idempotent: true })
      if (cancelBooking) take(cancelBooking)
      notify(t.gaveUp)
      giving.value = false
    } catch (failure) {
      notify(explain(asApiError(failure)).title, { tone: 'danger' })
    }
    busy.value = false
  }
  return (
    <>
      <Notice
        tone="warning"
        title={
          <>
            {t.status.PENDING} · <Countdown until={expiresAt} label={t.payUntil('')} onEnd={reload} />
          </>
        }
        actions={
          <>
            <Button variant="primary" href={`/checkout/${id}/pay`}>
              {payment?.status === 'REQUIRES_ACTION' ? t.goOn : t.pay}
            </Button>
            <Button variant="quiet" onClick={() => (giving.value = true)}>
              {t.giveUp}
            </Button>
          </>
        }
      >
        <p>
          {t.statusText.PENDING} {t.payUntil(dateTime(expiresAt, event?.timezone))}
        </p>
        {payment?.instructions && <p class="instructions">{payment.instructions}</p>}
      </Notice>
      <Dialog
        open={giving.value}
        size="s"
        title={t.giveUp}
        onClose={() => (giving.value = false)}
        actions={
          <>
            <Button variant="danger" busy={busy.value} onClick={() => void giveUp()}>
              {t.giveUpDo}
            </Button>
            <Button variant="quiet" onClick={() => (giving.value = false)}>
              {t.back}
            </Button>
          </>
        }
      >
        <p>{t.giveUpText}</p>
      </Dialog>
    </>
  )
}

function TicketsOf({ booking: { tickets } }: { booking: BookingOfMine }) {
  const t = useTexts('bookings')
  if (!tickets || tickets.length === 0) return null
  const [first] = tickets.filter(({ status }) => status === 'VALID')
  return (
    <Card title={t.tickets}>
      <ul class="ticket-rows">
        {tickets.map(({ id, attendee, status, ...place }) => (
          <li key={id} class="ticket-row">
            <a href={`/tickets/${id}`}>{placeOf(place, t.seat)}</a>
            {attendee && <span>{attendee.name}</span>}
            {status !== 'VALID' && <Badge>{t.ticket[status]}</Badge>}
          </li>
        ))}
      </ul>
      {first && (
        <p>
          <Button variant="primary" icon="ticket" href={`/tickets/${first.id}`}>
            {t.openTickets}
          </Button>
        </p>
      )}
    </Card>
  )
}
