import { useSignal } from '@preact/signals'
import { ask } from '../api/ask.ts'
import { session } from '../api/session.ts'
import { AskForRefund, type BookingOfMine } from '../generated/tickets/bookings.ts'
import { dateTime, money, number, percent } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { Checkbox } from '../ui/checkbox.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { RadioGroup } from '../ui/radio-group.tsx'
import { TextArea } from '../ui/text-area.tsx'
import { notify } from '../ui/toast.ts'
import { given, Line } from './page-parts.tsx'
import { placeOf } from './ticket-groups.ts'
import { refundableTickets, refundAmountOf, type RefundOffer, refundOfferOf } from './refund-offer.ts'

interface RefundsProps {
  booking: BookingOfMine
  /** The ticket that somebody came to give back, by its id. */
  asked: string | null
  reload(): void
}

/** What of a booking's money goes back, went back, or could: the policy first, and the amount before anything is asked for. */
export function Refunds({ booking, asked, reload }: RefundsProps) {
  const t = useTexts('bookings')
  const tickets = refundableTickets(booking)
  const offer = refundOfferOf(booking, Date.now())
  const isPaid = booking.status === 'PAID' || booking.status === 'PARTIALLY_REFUNDED'
  const asking = useSignal(asked !== null && offer !== null && tickets.length > 0)
  const mayAsk = offer !== null && tickets.length > 0
  const isGuest = session.value.status === 'guest'
  const nothing = booking.refundRequests.length === 0 && booking.refunds.length === 0
  if ((!isPaid && nothing) || (booking.totalPrice === 0 && nothing)) return null
  return (
    <Card title={t.refunds}>
      <Asked booking={booking} />
      {isPaid && (
        <>
          <PolicyOf booking={booking} offer={offer} />
          {mayAsk &&
            (isGuest ? (
              <p>{t.guestCannot}</p>
            ) : (
              <Button onClick={() => (asking.value = true)}>{t.refund}</Button>
            ))}
        </>
      )}
      {asking.value && offer && !isGuest && (
        <RefundDialog
          booking={booking}
          offer={offer}
          first={asked}
          onClose={() => (asking.value = false)}
          onDone={() => {
            asking.value = false
            reload()
          }}
        />
      )}
    </Card>
  )
}

function Asked({ booking: { refundRequests, refunds, currency } }: { booking: BookingOfMine }) {
  const t = useTexts('bookings')
  const where = (toWallet: boolean) => (toWallet ? t.toWallet : t.toOrigin)
  const open = refundRequests.filter(({ status }) => status !== 'APPROVED')
  return (
    <ul class="ticket-rows">
      {refunds.map(({ id, amount, status, toWallet, reason, createdAt }) => (
        <li key={id} class="ticket-row">
          <span>
            <strong>{money(amount, currency)}</strong> {where(toWallet)}
            <br />
            <span class="quiet">
              {dateTime(createdAt)} · {reason}
            </span>
          </span>
          <Badge tone={status === 'DONE' ? 'success' : 'warning'}>
            {status === 'DONE' ? t.refundDone : t.refundComing}
          </Badge>
        </li>
      ))}
      {open.map(({ id, amount, status, toWallet, reviewBy, message }) => (
        <li key={id} class="ticket-row">
          <span>
            <strong>{money(amount, currency)}</strong> {where(toWallet)}
            <br />
            <span class="quiet">{message ?? (reviewBy ? t.reviewBy(dateTime(reviewBy)) : '')}</span>
          </span>
          <Badge tone={status === 'PENDING' ? 'warning' : 'danger'}>{t.requested[status]}</Badge>
        </li>
      ))}
    </ul>
  )
}

/** What is promised, in words. */
function PolicyOf({
  booking: { refundPolicy, event },
  offer,
}: {
  booking: BookingOfMine
  offer: RefundOffer | null
}) {
  const t = useTexts('bookings')
  if (refundPolicy.tiers.length === 0 && offer === null) return <p>{t.policyNone}</p>
  const startsAt = Date.parse(event?.startsAt ?? '')
  const review = number(offer?.reviewHours ?? 0)
  return (
    <>
      {offer === null ? (
        <p>{t.policyOver}</p>
      ) : (
        <p>
          {offer.atOnce
            ? t.policyAtOnce
            : offer.whenUndecided === 'APPROVE'
              ? t.policyApprove(review)
              : t.policyReject(review)}
          {offer.feesKept && ` ${t.policyFees}`}
        </p>
      )}
      {event && refundPolicy.tiers.length > 0 && (
        <ul class="policy">
          {refundPolicy.tiers.map((tier) => (
            <li key={tier.hoursBeforeStart}>
              {t.policyTier(
                percent(tier.percent / 100),
                dateTime(
                  new Date(startsAt - tier.hoursBeforeStart * 3_600_000).toISOString(),
                  event.timezone,
                ),
              )}
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

interface RefundDialogProps {
  booking: BookingOfMine
  offer: RefundOffer
  first: string | null
  onClose(): void
  onDone(): void
}

function RefundDialog({ booking, offer, first, onClose, onDone }: RefundDialogProps) {
  const t = useTexts('bookings')
  const tickets = refundableTickets(booking)
  const chosen = useSignal<ReadonlySet<string>>(
    new Set(tickets.some(({ id }) => id === first) && first ? [first] : tickets.map(({ id }) => id)),
  )
  const where = useSignal<'origin' | 'wallet'>('origin')
  // Of one request, so that a lost answer is no second one.
  const key = useSignal(crypto.randomUUID())
  const { currency } = booking
  const ids = tickets.map(({ id }) => id).filter((id) => chosen.value.has(id))
  const isAll = ids.length === booking.tickets?.length && booking.refunds.length === 0
  const amount = money(refundAmountOf(booking, ids, offer), currency)
  const toggle = (id: string, on: boolean) => {
    const next = new Set(chosen.value)
    if (on) next.add(id)
    else next.delete(id)
    chosen.value = next
    key.value = crypto.randomUUID()
  }
  const send = async (data: FormData) => {
    const input = {
      bookingId: booking.id,
      ticketIds: ids,
      reason: given(data, 'reason'),
      toWallet: where.value === 'wallet',
      idempotencyKey: key.value,
    }
    const { requestRefund } = await ask(AskForRefund, { input }, { idempotent: true })
    if (requestRefund) {
      const sum = money(requestRefund.amount, currency)
      notify(requestRefund.status === 'APPROVED' ? t.refundGiven(sum) : t.refundAsked(sum))
    }
    onDone()
  }
  return (
    <Dialog open title={t.refund} onClose={onClose}>
      <Form onSubmit={send}>
        {(busy) => (
          <>
            {tickets.length > 1 && (
              <fieldset class="refund-tickets">
                <legend class="field__label">{t.refundWhich}</legend>
                {tickets.map(({ id, attendee, ...place }) => (
                  <Checkbox
                    key={id}
                    label={placeOf(place, t.seat)}
                    hint={attendee?.name}
                    checked={chosen.value.has(id)}
                    onChange={(event) => toggle(id, event.currentTarget.checked)}
                  />
                ))}
              </fieldset>
            )}
            <dl class="lines lines--total" aria-live="polite">
              <Line label={t.refundAmount}>
                {isAll ? amount : t.refundAbout(amount)}
                <br />
                <span class="quiet">{t.refundPercent(percent(offer.percent / 100))}</span>
              </Line>
            </dl>
            <RadioGroup
              label={t.refundWhere}
              name="where"
              options={[
                { value: 'origin', label: t.toOrigin },
                { value: 'wallet', label: t.toWallet },
              ]}
              value={where.value}
              onChange={(to) => {
                where.value = to
                key.value = crypto.randomUUID()
              }}
            />
            <Field label={t.refundWhy} hint={t.refundWhyHint} name="reason">
              <TextArea name="reason" required maxLength={500} rows={3} />
            </Field>
            <p class="quiet">{t.refundTickets}</p>
            <div class="dialog-buttons">
              <Button variant="primary" type="submit" busy={busy} disabled={ids.length === 0}>
                {t.refundDo}
              </Button>
              <Button variant="quiet" onClick={onClose}>
                {t.back}
              </Button>
            </div>
          </>
        )}
      </Form>
    </Dialog>
  )
}
