import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { useLocation, useRoute } from 'preact-iso'
import { ApiError, asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { useQuery } from '../api/use-query.ts'
import {
  type BookingFields,
  BookingToPay,
  CheckoutBookings,
  GiveUpBooking,
  Pay,
  TopUp,
  type TopUpVariables,
} from '../generated/checkout/payment.ts'
import { Queued, sendSurely } from '../offline/queue.ts'
import { money } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import { useTitle } from '../texts/title.ts'
import { Button } from '../ui/button.tsx'
import { Countdown } from '../ui/countdown.tsx'
import { Empty } from '../ui/empty.tsx'
import { Notice } from '../ui/notice.tsx'
import { RadioGroup } from '../ui/radio-group.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import { notify } from '../ui/toast.ts'
import './checkout.css'
import { writeWayBack } from './draft.ts'
import { outcomeOf, paymentKey, PROVIDERS } from './outcome.ts'
import { ProblemNotice } from './problem-notice.tsx'
import { RefusedPage } from './refused-page.tsx'
import { StartOver } from './start-over.tsx'
import { Steps } from './steps.tsx'
import { Summary } from './summary.tsx'

type Method = TopUpVariables['input']['method']

/** `/checkout/:bookingId/pay`: every way to pay that is offered, and how long there is. */
export function PayPage() {
  const t = useTexts('checkout')
  const { bookingId = '' } = useRoute().params
  const { route } = useLocation()
  const { data, error, reload } = useQuery(BookingToPay, { id: bookingId })
  useTitle(t.pay.title)
  const booking = data.value?.booking
  const outcome = booking && outcomeOf(booking)
  const payable = outcome === 'UNPAID' || outcome === 'OPEN' || outcome === 'DECLINED'

  useEffect(() => {
    if (outcome && !payable) route(`/checkout/${bookingId}/result`, true)
  }, [outcome])

  useEffect(() => {
    // Back from the provider's page by the browser's own button: it may be paid.
    const look = (event: PageTransitionEvent) => {
      if (event.persisted) void reload()
    }
    window.addEventListener('pageshow', look)
    return () => window.removeEventListener('pageshow', look)
  }, [bookingId])

  if (error.value && !booking) return <RefusedPage title={t.pay.title} error={error.value} />
  if (data.value && !booking)
    return <Empty level={1} title={t.result.notFound.title} text={t.result.notFound.text} />
  return (
    <div class="checkout">
      <Steps at="pay" />
      <h1>{t.pay.title}</h1>
      {booking && payable ? (
        <Methods
          booking={booking}
          methods={data.value?.paymentMethods ?? []}
          wallets={data.value?.me?.wallets ?? []}
          reload={reload}
        />
      ) : (
        <div aria-busy="true">
          <Skeleton shape="ticket" />
        </div>
      )}
    </div>
  )
}

interface MethodsProps {
  booking: BookingFields
  methods: readonly Method[]
  wallets: readonly { balance: number; currency: string }[]
  reload(): Promise<void>
}

function Methods({ booking, methods, wallets, reload }: MethodsProps) {
  const t = useTexts('checkout')
  const { route } = useLocation()
  const { id, currency, payment } = booking
  const together = useTogether(booking)
  const total = booking.totalPrice + together.reduce((sum, { totalPrice }) => sum + totalPrice, 0)
  const balance = wallets.find((wallet) => wallet.currency === currency)?.balance ?? 0
  const missing = Math.max(0, total - balance)
  const chosen = useSignal<Method | null>(payment?.method ?? null)
  const busy = useSignal(false)
  const leaving = useSignal<Method | null>(null)
  const error = useSignal<ApiError | null>(null)
  const method = chosen.value && methods.includes(chosen.value) ? chosen.value : firstOf(methods, missing)

  const leaveFor = (by: Method, url: string) => {
    leaving.value = by
    location.assign(url)
  }

  const run = async (action: () => Promise<void>) => {
    if (busy.value) return
    busy.value = true
    error.value = null
    try {
      await action()
    } catch (failure) {
      error.value = asApiError(failure)
      if (error.value.code === 'BOOKING_NOT_PAYABLE') await reload()
    } finally {
      busy.value = false
    }
  }

  const pay = (by: Method) =>
    run(async () => {
      const key = paymentKey(id, by, payment?.id ?? null)
      const variables = { id, input: { method: by, idempotencyKey: key } }
      const answer = await sendSurely(Pay, variables, { key, kind: 'confirmPayment', bookingId: id }).catch(
        unlessLost,
      )
      // Whatever became of it, the next page asks; nobody is made to pay twice.
      if (!answer) return route(`/checkout/${id}/result`, true)
      const { confirmPayment } = answer
      const started = confirmPayment?.payment
      if (confirmPayment && outcomeOf(confirmPayment) === 'OPEN' && started && by !== 'MANUAL') {
        if (!started.redirectUrl) throw new ApiError('PAYMENT_DECLINED', 'it has no page of its own')
        writeWayBack(started.id, `/checkout/${id}/result`)
        return leaveFor(by, started.redirectUrl)
      }
      route(`/checkout/${id}/result`, true)
    })

  const topUp = (by: Method) =>
    run(async () => {
      const input = { amount: missing, currency, method: by, idempotencyKey: crypto.randomUUID() }
      const { topUpWallet } = await ask(TopUp, { input }, { idempotent: true })
      if (!topUpWallet?.redirectUrl) throw new ApiError('PAYMENT_DECLINED', 'it has no page of its own')
      writeWayBack(topUpWallet.id, `/checkout/${id}/pay`)
      leaveFor(by, topUpWallet.redirectUrl)
    })

  const others = methods.filter((one) => one !== 'WALLET' && one !== 'MANUAL')
  return (
    <div class="checkout__columns">
      <div class="checkout__main">
        <div class="hold-timer">
          <p class="hold-timer__time">
            <span>{t.pay.until}</span>{' '}
            <Countdown
              until={booking.expiresAt}
              label={t.pay.until}
              warn={(seconds) => (seconds > 30 ? t.hold.soon : t.hold.last)}
              onEnd={() => void reload()}
            />
          </p>
          <p class="hold-timer__end">{t.pay.untilEnd}</p>
        </div>
        {payment?.status === 'FAILED' && (
          <Notice tone="danger" title={t.result.declinedTitle}>
            {t.result.declinedText}
          </Notice>
        )}
        {payment?.status === 'REQUIRES_ACTION' && payment.redirectUrl && (
          <Notice
            title={t.result.openTitle}
            actions={
              <Button variant="primary" onClick={() => leaveFor(payment.method, payment.redirectUrl ?? '')}>
                {t.result.goOn(PROVIDERS[payment.method])}
              </Button>
            }
          >
            {t.result.openText(PROVIDERS[payment.method])}
          </Notice>
        )}
        {methods.length === 0 ? (
          <Notice tone="warning" title={t.pay.none.title}>
            {t.pay.none.text}
          </Notice>
        ) : (
          <>
            <RadioGroup<Method>
              name="method"
              label={t.pay.how}
              look="boxes"
              value={method}
              onChange={(value) => {
                chosen.value = value
                error.value = null
              }}
              options={methods.map((one) => ({
                value: one,
                label: t.pay[one],
                hint: one === 'WALLET' ? t.pay.hintWALLET(money(balance, currency)) : t.pay[`hint${one}`],
              }))}
            />
            {method === 'WALLET' && missing > 0 ? (
              <Notice
                tone="warning"
                title={t.pay.short(money(missing, currency))}
                actions={others.map((one) => (
                  <Button key={one} busy={busy.value} onClick={() => void topUp(one)}>
                    {t.pay.topUpBy(money(missing, currency), PROVIDERS[one])}
                  </Button>
                ))}
              />
            ) : (
              method && (
                <Button variant="primary" size="l" busy={busy.value} onClick={() => void pay(method)}>
                  {t.pay.go(money(total, currency))}
                </Button>
              )
            )}
          </>
        )}
        <p role="status">{leaving.value && t.pay.leaving(PROVIDERS[leaving.value])}</p>
        <ProblemNotice error={error.value} />
        <StartOver
          label={t.pay.cancel}
          text={t.pay.cancelText}
          keep={t.pay.keep}
          onConfirm={async () => {
            await ask(GiveUpBooking, { id }, { idempotent: true })
            notify(t.pay.cancelled, { tone: 'info' })
            route(`/events/${booking.event?.slug ?? ''}`, true)
          }}
        />
      </div>
      <aside class="checkout__aside">
        <Summary
          event={booking.event}
          lines={booking.items}
          subtotal={booking.subtotal}
          discount={booking.discount}
          fees={booking.fees}
          total={booking.totalPrice}
          currency={currency}
        />
        {together.length > 0 && (
          <>
            <p>{t.pay.together(together.length)}</p>
            <ul>
              {together.map((other) => (
                <li key={other.id}>
                  {other.event?.title}: {money(other.totalPrice, currency)}
                </li>
              ))}
            </ul>
          </>
        )}
      </aside>
    </div>
  )
}

/** Gives null where the answer was lost on the way; any other failure as it is. */
function unlessLost(failure: unknown): null {
  if (failure instanceof Queued) return null
  const error = asApiError(failure)
  if (error.code === 'OFFLINE' || error.code === 'UNREACHABLE') return null
  throw error
}

/** What is offered first: the wallet where it holds enough, else the first way that needs no top-up. */
const firstOf = (methods: readonly Method[], missing: number): Method | null =>
  methods.find((one) => one !== 'WALLET' || missing === 0) ?? methods[0] ?? null

/** The other bookings of its checkout, which are paid with it. */
function useTogether({ id, checkoutId }: BookingFields) {
  const { data } = useQuery(CheckoutBookings, checkoutId === null ? null : {})
  return (data.value?.myBookings?.edges ?? [])
    .map(({ node }) => node)
    .filter((other) => other.id !== id && other.checkoutId === checkoutId)
}
