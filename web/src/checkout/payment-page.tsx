import { useEffect } from 'preact/hooks'
import { useLocation, useRoute } from 'preact-iso'
import { useQuery } from '../api/use-query.ts'
import { TopUpOutcome } from '../generated/checkout/payment.ts'
import { money } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import { useTitle } from '../texts/title.ts'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'
import { Progress } from '../ui/progress.tsx'
import { useAskAgain } from './ask-again.ts'
import './checkout.css'
import { readWayBack } from './draft.ts'
import { ProblemNotice } from './problem-notice.tsx'

const ASK_AGAIN_MS = 3_000

/** `/payments/:paymentId`: where providers send people back to after a payment that is of no single booking, as of a wallet or a cart. */
export function PaymentPage() {
  const t = useTexts('checkout')
  const { paymentId = '' } = useRoute().params
  const { route } = useLocation()
  const { data, error, reload } = useQuery(TopUpOutcome, { id: paymentId })
  useTitle(t.payment.title)
  const payment = data.value?.payment
  const open = payment?.status === 'REQUIRES_ACTION' || payment?.status === 'AUTHORIZED'
  const back = readWayBack(paymentId)

  useEffect(() => {
    if (back?.endsWith('/result')) route(back, true) // of a cart: its bookings say what came of it
  }, [back])

  useAskAgain(open, ASK_AGAIN_MS, reload)

  return (
    <div class="checkout checkout--narrow">
      <h1>{t.payment.title}</h1>
      <ProblemNotice error={error.value} />
      {!payment && !error.value && <Progress label={t.result.asking} text={t.result.asking} />}
      {payment && (
        <div aria-live="polite">
          {open && <Progress label={t.payment.waiting} text={t.payment.waiting} />}
          {payment.status === 'PAID' && (
            <Notice tone="success">{t.payment.paid(money(payment.amount, payment.currency))}</Notice>
          )}
          {payment.status === 'FAILED' && <Notice tone="danger">{t.payment.failed}</Notice>}
        </div>
      )}
      <div class="actions">
        {payment?.redirectUrl && <Button href={payment.redirectUrl}>{t.payment.goOn}</Button>}
        {back ? (
          <Button variant={open ? 'secondary' : 'primary'} href={back}>
            {t.payment.backToPay}
          </Button>
        ) : (
          <>
            <Button variant={open ? 'secondary' : 'primary'} href="/account/wallet">
              {t.payment.toWallet}
            </Button>
            <Button variant="quiet" href="/bookings">
              {t.payment.toBookings}
            </Button>
          </>
        )}
      </div>
    </div>
  )
}
