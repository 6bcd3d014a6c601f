import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { useLocation, useRoute } from 'preact-iso'
import { session } from '../api/session.ts'
import { subscribe } from '../api/subscribe.ts'
import { useQuery } from '../api/use-query.ts'
import { type BookingFields, BookingMoved, BookingOutcome } from '../generated/checkout/payment.ts'
import { useTexts } from '../texts/index.ts'
import { useTitle } from '../texts/title.ts'
import { Button } from '../ui/button.tsx'
import { Countdown } from '../ui/countdown.tsx'
import { Empty } from '../ui/empty.tsx'
import { Notice } from '../ui/notice.tsx'
import { Progress } from '../ui/progress.tsx'
import { stockOf, TicketStub } from '../ui/ticket-stub.tsx'
import { useAskAgain } from './ask-again.ts'
import { Attendees } from './attendees.tsx'
import './checkout.css'
import { seatLabel } from './holding.ts'
import { signInUrl } from './identity.tsx'
import { isSettled, type Outcome, outcomeOf, PROVIDERS } from './outcome.ts'
import { ProblemNotice } from './problem-notice.tsx'
import { Steps } from './steps.tsx'
import { Summary } from './summary.tsx'

/** While news could be lost, it is asked this often. */
const ASK_AGAIN_MS = 4_000

/**
 * `/checkout/:bookingId/result`: what came of it. It asks until there is an outcome, after a reload, in a second tab and after an answer that was lost,
 * and believes nothing but the booking.
 */
export function ResultPage() {
  const t = useTexts('checkout')
  const { bookingId = '' } = useRoute().params
  const { url } = useLocation()
  const { data, error, reload } = useQuery(BookingOutcome, { id: bookingId })
  const latest = useSignal<BookingFields | null>(null)
  const found = data.value?.booking ?? null
  const booking = latest.value?.id === bookingId ? latest.value : found
  const outcome = booking && outcomeOf(booking)
  const settled = outcome !== null && isSettled(outcome)
  useTitle(outcome ? titleOf(outcome, t) : t.result.title)

  useEffect(() => {
    latest.value = found
  }, [found])

  useEffect(() => {
    if (settled) return
    return subscribe(
      BookingMoved,
      { id: bookingId },
      {
        next: ({ bookingChanged }) => {
          if (bookingChanged) latest.value = bookingChanged
        },
      },
    )
  }, [bookingId, settled])
  useAskAgain(!settled, ASK_AGAIN_MS, reload)

  const unknown = error.value?.code === 'UNAUTHENTICATED' || error.value?.code === 'FORBIDDEN'
  if ((data.value && !found) || (unknown && !booking))
    return (
      <Empty
        level={1}
        title={t.result.notFound.title}
        text={t.result.notFound.text}
        action={
          <Button variant="primary" href={signInUrl(url)}>
            {t.identity.signIn}
          </Button>
        }
      />
    )
  const away = error.value?.code === 'OFFLINE' || error.value?.code === 'UNREACHABLE'
  return (
    <div class="checkout">
      <Steps at={outcome === 'DONE' ? 'tickets' : 'pay'} />
      {away && <Notice tone="warning">{t.result.offline}</Notice>}
      {booking && outcome ? (
        <div class="checkout__columns">
          <div class="checkout__main" aria-live="polite">
            <h1>{titleOf(outcome, t)}</h1>
            <Told booking={booking} outcome={outcome} />
          </div>
          <aside class="checkout__aside">
            <Summary
              event={booking.event}
              lines={booking.items}
              subtotal={booking.subtotal}
              discount={booking.discount}
              fees={booking.fees}
              total={booking.totalPrice}
              currency={booking.currency}
            />
          </aside>
        </div>
      ) : (
        <>
          <h1>{t.result.title}</h1>
          {away ? null : error.value ? (
            <ProblemNotice error={error.value} />
          ) : (
            <Progress label={t.result.asking} text={t.result.asking} />
          )}
        </>
      )}
    </div>
  )
}

type Texts = ReturnType<typeof useTexts<'checkout'>>

function titleOf(outcome: Outcome, { result }: Texts): string {
  const titles: Record<Outcome, string> = {
    UNPAID: result.unpaidTitle,
    OPEN: result.openTitle,
    CHECKING: result.checkingTitle,
    DECLINED: result.declinedTitle,
    ISSUING: result.issuingTitle,
    DONE: result.doneTitle,
    EXPIRED: result.expiredTitle,
    CANCELLED: result.cancelledTitle,
    RETURNED: result.returnedTitle,
  }
  return titles[outcome]
}

/** What an outcome means, and what is to be done. */
function Told({ booking, outcome }: { booking: BookingFields; outcome: Outcome }) {
  const t = useTexts('checkout')
  const { id, payment, event } = booking
  const toPay = `/checkout/${id}/pay`
  switch (outcome) {
    case 'DONE':
      return <Done booking={booking} />
    case 'ISSUING':
      return <Progress label={t.result.issuingText} text={t.result.issuingText} />
    case 'CHECKING':
      return <p>{t.result.checkingText}</p>
    case 'OPEN':
      return (
        <>
          {payment?.method === 'MANUAL' ? (
            <Notice title={t.result.manualTitle}>
              <p class="instructions">{payment.instructions}</p>
              <p>{t.result.manualText}</p>
            </Notice>
          ) : (
            <p>{payment && t.result.openText(PROVIDERS[payment.method])}</p>
          )}
          <TimeLeft until={booking.expiresAt} />
          <div class="actions">
            {payment?.redirectUrl && (
              <Button variant="primary" href={payment.redirectUrl}>
                {t.result.goOn(PROVIDERS[payment.method])}
              </Button>
            )}
            <Button href={toPay}>{t.result.otherWay}</Button>
          </div>
        </>
      )
    case 'DECLINED':
    case 'UNPAID':
      return (
        <>
          <p>{outcome === 'DECLINED' ? t.result.declinedText : t.result.unpaidText}</p>
          <TimeLeft until={booking.expiresAt} />
          <Button variant="primary" href={toPay}>
            {outcome === 'DECLINED' ? t.result.otherWay : t.result.toPay}
          </Button>
        </>
      )
    case 'EXPIRED':
    case 'CANCELLED':
    case 'RETURNED':
      return (
        <>
          <p>
            {outcome === 'EXPIRED'
              ? t.result.expiredText
              : outcome === 'CANCELLED'
                ? t.result.cancelledText
                : t.result.returnedText}
          </p>
          {event && (
            <Button variant="primary" href={`/events/${event.slug}/buy`}>
              {t.result.again}
            </Button>
          )}
        </>
      )
  }
}

function TimeLeft({ until }: { until: string }) {
  const t = useTexts('checkout')
  return (
    <div class="hold-timer">
      <p class="hold-timer__time">
        <span>{t.pay.until}</span>{' '}
        <Countdown
          until={until}
          label={t.pay.until}
          warn={(seconds) => (seconds > 30 ? t.hold.soon : t.hold.last)}
        />
      </p>
      <p class="hold-timer__end">{t.pay.untilEnd}</p>
    </div>
  )
}

/** The tickets, what comes by mail, and what can be done with them. */
function Done({ booking }: { booking: BookingFields }) {
  const t = useTexts('checkout')
  const { user, status } = session.value
  const tickets = booking.tickets ?? []
  const email = user?.email ?? ''
  return (
    <>
      {email && <p>{t.result.doneText(email)}</p>}
      <ul class="result-tickets">
        {tickets.map((ticket) => (
          <li key={ticket.id}>
            <a class="result-tickets__link" href={`/tickets/${ticket.id}`}>
              <TicketStub stock={stockOf(booking.event?.category?.name)} stub={t.result.seeTickets}>
                <strong>{ticket.ticketType?.name}</strong>
                {ticket.seat && <span class="result-tickets__seat">{seatLabel(ticket.seat)}</span>}
                {ticket.attendee && <span class="result-tickets__name">{ticket.attendee.name}</span>}
              </TicketStub>
            </a>
          </li>
        ))}
      </ul>
      <div class="actions">
        {booking.event?.calendarUrl && (
          <Button icon="calendar" href={booking.event.calendarUrl}>
            {t.result.calendar}
          </Button>
        )}
        <Button variant="quiet" href={booking.checkoutId ? '/bookings' : `/bookings/${booking.id}`}>
          {booking.checkoutId ? t.payment.toBookings : t.result.booking}
        </Button>
      </div>
      {booking.event && <Attendees eventId={booking.event.id} tickets={tickets} buyer={user?.name ?? ''} />}
      {status === 'guest' && <Notice title={t.result.keepTitle}>{t.result.keepText(email)}</Notice>}
    </>
  )
}
