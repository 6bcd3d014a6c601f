import { asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { type BookingOfMine, InvoiceLinks } from '../generated/tickets/bookings.ts'
import { dateTime, money } from '../texts/format.ts'
import { explain, useTexts } from '../texts/index.ts'
import { language } from '../texts/language.ts'
import { date } from '../texts/times.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { notify } from '../ui/toast.ts'
import { Line } from './page-parts.tsx'

/** Every line of what a booking costs: they sum to its total. */
export function Money({ booking }: { booking: BookingOfMine }) {
  const t = useTexts('bookings')
  const { items, promos, fees, subtotal, totalPrice, refundedAmount, currency } = booking
  const amount = (value: number) => money(value, currency)
  return (
    <Card title={t.money}>
      <dl class="lines">
        {items.map(({ name, seatLabel, quantity, unitPrice }, at) => (
          <Line key={at} label={[quantity > 1 && `${quantity} ×`, name, seatLabel].filter(Boolean).join(' ')}>
            {amount(unitPrice * quantity)}
          </Line>
        ))}
        {(promos.length > 0 || fees.length > 0) && <Line label={t.subtotal}>{amount(subtotal)}</Line>}
        {promos.map(({ code, discount }) => (
          <Line key={code} label={t.promo(code)}>
            {amount(-discount)}
          </Line>
        ))}
        {fees.map((fee, at) => (
          <Line key={at} label={fee.inclusive ? t.included(fee.name) : fee.name}>
            {amount(fee.amount)}
          </Line>
        ))}
      </dl>
      <dl class="lines lines--total">
        <Line label={t.total}>{totalPrice === 0 ? t.free : amount(totalPrice)}</Line>
        {refundedAmount > 0 && <Line label={t.refundedSum}>{amount(refundedAmount)}</Line>}
      </dl>
    </Card>
  )
}

/** How it was paid, or is to be. */
export function PaymentOf({ booking: { payment } }: { booking: BookingOfMine }) {
  const t = useTexts('bookings')
  if (!payment) return null
  return (
    <Card
      title={t.payment}
      actions={
        <Badge tone={payment.status === 'PAID' ? 'success' : 'neutral'}>{t.payments[payment.status]}</Badge>
      }
    >
      <dl class="lines">
        <Line label={t.methods[payment.method]}>{money(payment.amount, payment.currency)}</Line>
      </dl>
      {payment.paidAt && <p class="quiet">{t.paidAt(dateTime(payment.paidAt))}</p>}
    </Card>
  )
}

/** Invoices and credit notes. Whoever has a link can read the file for a quarter of an hour, so it is asked for when somebody wants it. */
export function Invoices({ booking: { id, status, invoices, totalPrice } }: { booking: BookingOfMine }) {
  const t = useTexts('bookings')
  if (totalPrice === 0 || (status === 'PENDING' && invoices.length === 0)) return null
  if (invoices.length === 0 && status !== 'PAID') return null
  const open = async (invoiceId: string, name: string) => {
    try {
      const { booking } = await ask(InvoiceLinks, { id, language: language.value === 'id' ? 'ID' : 'EN' })
      const url = booking?.invoices.find((one) => one.id === invoiceId)?.url
      if (url) download(url, name)
    } catch (failure) {
      notify(explain(asApiError(failure)).title, { tone: 'danger' })
    }
  }
  return (
    <Card title={t.invoices}>
      {invoices.length === 0 && <p class="quiet">{t.invoiceLater}</p>}
      <ul class="ticket-rows">
        {invoices.map(({ id: invoiceId, kind, number, issuedAt, total, currency }) => (
          <li key={invoiceId} class="ticket-row">
            <span>
              {t.invoice[kind]} <span class="figures">{number}</span>
              <br />
              <span class="quiet">
                {date(issuedAt)} · {money(total, currency)}
              </span>
            </span>
            <Button size="s" icon="download" onClick={() => void open(invoiceId, number)}>
              PDF
              <span class="visually-hidden"> {t.download(number)}</span>
            </Button>
          </li>
        ))}
      </ul>
    </Card>
  )
}

function download(url: string, name: string): void {
  const link = document.createElement('a')
  link.href = url
  link.download = `${name.replaceAll('/', '-')}.pdf`
  link.click()
}
