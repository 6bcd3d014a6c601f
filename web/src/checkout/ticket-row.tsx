import type { ComponentChildren } from 'preact'
import type { Offer } from '../generated/checkout/buy.ts'
import { dateTime, money } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import { Badge } from '../ui/badge.tsx'
import { Countdown } from '../ui/countdown.tsx'
import { Price } from '../ui/price.tsx'
import { Stepper } from '../ui/stepper.tsx'
import { type FeeTerms, withFees } from '../ui/with-fees.ts'

/** From how few on it is said how many are left: before that it helps nobody and hurries everybody. */
const FEW = 20

/** From when on a sale that is to come is counted down to. */
const SOON_MS = 24 * 3_600_000

interface TicketRowProps {
  type: Offer
  fees: readonly FeeTerms[]
  timezone: string
  quantity: number
  /** The most that can be chosen of it now. */
  most: number
  onChange(quantity: number): void
  onSaleStart(): void
  /** What stands below it: what to give for a DONATION, the waitlist. */
  children?: ComponentChildren
}

/** A ticket type: what it is, what it costs with everything, whether it can be had, and how many. */
export function TicketRow(props: TicketRowProps) {
  const { type, fees, timezone, quantity, most, onChange, onSaleStart, children } = props
  const t = useTexts('checkout')
  const { name, description, kind, price, currency, saleStatus, maxPerUser, saleStartsAt, saleEndsAt } = type
  const whole = withFees([{ unitPrice: price, quantity: 1 }], fees, currency)
  const notes = [
    type.section,
    saleStatus === 'ON_SALE' && type.available <= FEW && t.left(type.available),
    saleStatus === 'ON_SALE' && maxPerUser !== null && t.maxEach(maxPerUser),
    saleStatus === 'ON_SALE' && saleEndsAt && t.saleEnds(dateTime(saleEndsAt, timezone)),
    saleStatus === 'UPCOMING' && saleStartsAt && t.saleStarts(dateTime(saleStartsAt, timezone)),
  ].filter((note): note is string => typeof note === 'string')
  return (
    <li class="ticket-row" data-status={saleStatus}>
      <div class="ticket-row__what">
        <h3 class="ticket-row__name">{name}</h3>
        {type.accessCodeRequired && <Badge>{t.codeNeeded}</Badge>}
        {description && <p class="ticket-row__text">{description}</p>}
        {notes.length > 0 && <p class="ticket-row__notes">{notes.join(' · ')}</p>}
      </div>
      <p class="ticket-row__price">
        {kind === 'DONATION' ? (
          <>
            <span class="ticket-row__kind">{t.payWhatYouWant}</span>
            {t.from(money(whole, currency))}
          </>
        ) : (
          <>
            <Price amount={whole} currency={currency} />
            {whole !== price && <span class="ticket-row__kind">{t.withFees}</span>}
          </>
        )}
      </p>
      <div class="ticket-row__choose">
        {saleStatus === 'ON_SALE' && (
          <Stepper label={name} value={quantity} max={Math.max(most, quantity)} onChange={onChange} />
        )}
        {saleStatus === 'UPCOMING' && saleStartsAt && Date.parse(saleStartsAt) - Date.now() < SOON_MS && (
          <p class="ticket-row__soon">
            <span>{t.startsIn}</span>{' '}
            <Countdown until={saleStartsAt} label={t.startsIn} onEnd={onSaleStart} />
          </p>
        )}
        {saleStatus === 'SOLD_OUT' && <Badge tone="warning">{t.soldOut}</Badge>}
        {saleStatus === 'ENDED' && <Badge>{t.ended}</Badge>}
        {(saleStatus === 'CLOSED' || saleStatus === 'PAUSED') && <Badge>{t.notOnSale}</Badge>}
      </div>
      {children}
    </li>
  )
}
