import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { useLocation, useRoute } from 'preact-iso'
import { type ApiError, asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { session } from '../api/session.ts'
import { useQuery } from '../api/use-query.ts'
import { Book, Quote } from '../generated/checkout/booking.ts'
import { HoldById, ReleaseHold } from '../generated/checkout/hold.ts'
import { Pay } from '../generated/checkout/payment.ts'
import { Queued, sendSurely } from '../offline/queue.ts'
import { useTexts } from '../texts/index.ts'
import { useTitle } from '../texts/title.ts'
import { Button } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { Empty } from '../ui/empty.tsx'
import { Notice } from '../ui/notice.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import { AmountInput } from './amount-input.tsx'
import { useAskAgain } from './ask-again.ts'
import './checkout.css'
import { type Draft, readDraft, writeDraft } from './draft.ts'
import { HoldOver } from './hold-over.tsx'
import { HoldTimer } from './hold-timer.tsx'
import { type HoldFields, seatLabel } from './holding.ts'
import { bookingKey, paymentKey } from './outcome.ts'
import { ProblemNotice } from './problem-notice.tsx'
import { RefusedPage } from './refused-page.tsx'
import { PromoCodes } from './promo-codes.tsx'
import { RefundTerms } from './refund-terms.tsx'
import { StartOver } from './start-over.tsx'
import { Steps } from './steps.tsx'
import { Summary } from './summary.tsx'

/** `/checkout/:holdId`: the order as it will be, before it is made. */
export function CheckoutPage() {
  const t = useTexts('checkout')
  const { holdId = '' } = useRoute().params
  const { route } = useLocation()
  const { data, error, reload } = useQuery(HoldById, { id: holdId })
  useTitle(t.details.title)
  const hold = data.value?.hold
  const bookingId = hold?.bookingId

  useEffect(() => {
    if (bookingId) route(`/checkout/${bookingId}/pay`, true)
  }, [bookingId])

  useEffect(() => {
    // Another tab may have booked it, or let it go.
    const look = () => {
      if (!document.hidden) void reload()
    }
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [holdId])

  if (error.value && !hold) return <RefusedPage title={t.details.title} error={error.value} />
  if (!hold || bookingId)
    return (
      <div class="checkout" aria-busy="true">
        <Steps at="details" />
        <Skeleton shape="title" />
        <Skeleton shape="ticket" />
      </div>
    )
  if (hold.status === 'RELEASED' || hold.status === 'CONVERTED')
    return (
      <Empty
        level={1}
        title={t.hold.goneTitle}
        text={hold.status === 'RELEASED' ? t.hold.released : t.hold.booked}
        action={
          <Button variant="primary" href={`/events/${hold.event?.slug ?? ''}/buy`}>
            {t.hold.anew}
          </Button>
        }
      />
    )
  return <Details key={hold.id} hold={hold} reload={reload} />
}

/** How often a hold is looked at whose booking is on its way: what sends it may be the worker, or another tab. */
const LOOK_AGAIN_MS = 4_000

/** How often a hold is looked at whose time is over by our own clock. */
const END_AGAIN_MS = 1_500

function Details({ hold, reload }: { hold: HoldFields; reload(): Promise<void> }) {
  const t = useTexts('checkout')
  const { route } = useLocation()
  const draft = useSignal<Draft>(readDraft(hold.id))
  const expiresAt = useSignal(hold.expiresAt)
  const over = useSignal(hold.status === 'EXPIRED')
  const ended = useSignal(false)
  const busy = useSignal(false)
  const queued = useSignal(false)
  const error = useSignal<ApiError | null>(null)
  const { promoCodes } = draft.value
  const donation = hold.items.filter(({ ticketType }) => ticketType?.kind === 'DONATION')
  const least = Math.max(0, ...donation.map((item) => item.unitPrice))
  const given = draft.value.unitPrice
  const unitPrice = donation.length > 0 && given !== null ? Math.max(given, least) : null
  const priced = {
    holdId: hold.id,
    ...(promoCodes.length > 0 && { promoCodes }),
    ...(unitPrice !== null && { unitPrice }),
  }
  const { data, error: quoteError, loading } = useQuery(Quote, { input: priced })
  const quote = data.value?.quoteBooking
  const shown = useRef(quote) // while another price is asked for, the one before stays in its place
  if (quote) shown.current = quote
  const { user, status } = session.value

  useEffect(() => {
    expiresAt.value = hold.expiresAt // as another tab may have made it longer
    if (hold.status === 'EXPIRED') over.value = true
  }, [hold])

  // Our clock may be wrong: the time is over when the API says so.
  useAskAgain(ended.value && !over.value, END_AGAIN_MS, reload)

  useAskAgain(queued.value, LOOK_AGAIN_MS, reload)

  const change = (next: Partial<Draft>) => {
    draft.value = { ...draft.value, ...next }
    writeDraft(hold.id, draft.value)
    error.value = null
  }

  const book = async () => {
    if (busy.value) return
    busy.value = true
    error.value = null
    try {
      const key = bookingKey(hold.id, promoCodes, unitPrice)
      const input = { ...priced, idempotencyKey: key }
      const { createBooking } = await sendSurely(Book, { input }, { key, kind: 'createBooking' })
      if (!createBooking) return
      const { id, totalPrice } = createBooking
      if (totalPrice > 0) return route(`/checkout/${id}/pay`, true)
      const free = { method: 'WALLET', idempotencyKey: paymentKey(id, 'WALLET', null) } as const
      await ask(Pay, { id, input: free }, { idempotent: true })
      route(`/checkout/${id}/result`, true)
    } catch (failure) {
      queued.value = failure instanceof Queued
      if (!queued.value) error.value = asApiError(failure)
      if (error.value?.code === 'HOLD_EXPIRED') over.value = true
    } finally {
      busy.value = false
    }
  }

  return (
    <div class="checkout">
      <Steps at="details" />
      <h1>{t.details.title}</h1>
      {!over.value && (
        <HoldTimer
          hold={{ id: hold.id, expiresAt: expiresAt.value }}
          onExtend={(until) => {
            expiresAt.value = until
            ended.value = false
          }}
          onEnd={() => {
            ended.value = true
          }}
        />
      )}
      <div class="checkout__columns">
        <div class="checkout__main">
          {user && (
            <Card title={t.details.who}>
              <p>{t.details.buyingAs(user.name, user.email ?? '')}</p>
              {status === 'guest' && <p class="checkout__small">{t.details.guestNote}</p>}
            </Card>
          )}
          {donation.length > 0 && (
            <AmountInput
              least={least}
              currency={donation[0]?.currency ?? 'IDR'}
              value={unitPrice}
              onChange={(amount) => change({ unitPrice: amount })}
            />
          )}
          <PromoCodes
            holdId={hold.id}
            unitPrice={unitPrice}
            codes={promoCodes}
            promos={shown.current?.promos ?? []}
            currency={shown.current?.currency ?? 'IDR'}
            onChange={(codes) => change({ promoCodes: codes })}
          />
          {(hold.event?.questions?.length ?? 0) > 0 && <Notice>{t.details.questions}</Notice>}
          {hold.event && <RefundTerms policy={hold.event.refundPolicy} />}
        </div>
        <aside class="checkout__aside" aria-busy={loading.value}>
          {shown.current ? (
            <Summary
              event={hold.event}
              lines={hold.items.map(({ ticketType, seat, unitPrice: price, quantity }) => ({
                name: ticketType?.name ?? '',
                seatLabel: seat && seatLabel(seat),
                unitPrice: ticketType?.kind === 'DONATION' ? Math.max(price, unitPrice ?? 0) : price,
                quantity,
              }))}
              subtotal={shown.current.subtotal}
              discount={shown.current.discount}
              fees={shown.current.fees}
              total={shown.current.totalPrice}
              currency={shown.current.currency}
            />
          ) : (
            !quoteError.value && <Skeleton shape="ticket" />
          )}
          <ProblemNotice
            error={error.value ?? (over.value ? null : quoteError.value)}
            remedies={{
              EVENT: <Button href={`/events/${hold.event?.slug ?? ''}`}>{t.backToEvent}</Button>,
            }}
          />
          {queued.value && (
            <Notice tone="warning" alert>
              {t.details.queued}
            </Notice>
          )}
          <p class="checkout__small">{t.details.terms}</p>
          <Button
            variant="primary"
            size="l"
            wide
            busy={busy.value}
            disabled={!quote}
            onClick={() => void book()}
          >
            {shown.current?.totalPrice === 0 ? t.details.bookFree : t.details.book}
          </Button>
          <StartOver
            label={t.hold.startOver}
            text={t.hold.startOverText}
            keep={t.hold.keep}
            onConfirm={async () => {
              await ask(ReleaseHold, { id: hold.id }, { idempotent: true })
              route(`/events/${hold.event?.slug ?? ''}/buy`, true)
            }}
          />
        </aside>
      </div>
      <HoldOver hold={hold} draft={draft.value} open={over.value} />
    </div>
  )
}
