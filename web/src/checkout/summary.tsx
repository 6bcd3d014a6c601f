import { dateTime, money } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import { Price } from '../ui/price.tsx'
import { stockOf, TicketStub } from '../ui/ticket-stub.tsx'

export interface SummaryLine {
  name: string
  seatLabel: string | null
  unitPrice: number
  quantity: number
}

interface SummaryProps {
  event: {
    id: string
    title: string
    startsAt: string
    timezone: string
    category: { name: string } | null
    venue: { name: string; city: string } | null
  } | null
  lines: readonly SummaryLine[]
  subtotal: number
  discount: number
  fees: readonly { name: string; amount: number; inclusive: boolean }[]
  total: number
  currency: string
}

/** What is bought and what it costs, all of it: nothing is added after this. On the paper of a ticket, since it becomes one. */
export function Summary({ event, lines, subtotal, discount, fees, total, currency }: SummaryProps) {
  const t = useTexts('checkout').summary
  const rows: [string, string][] = [
    ...(discount > 0 || fees.some(({ inclusive }) => !inclusive)
      ? [[t.subtotal, money(subtotal, currency)] as [string, string]]
      : []),
    ...(discount > 0 ? [[t.discount, `−${money(discount, currency)}`] as [string, string]] : []),
    ...fees.map(({ name, amount, inclusive }): [string, string] => [
      inclusive ? `${name} (${t.included})` : name,
      money(amount, currency),
    ]),
  ]
  return (
    <TicketStub
      class="summary"
      stock={stockOf(event?.category?.name)}
      tear="foot"
      stub={
        <p class="summary__total">
          <span>{t.total}</span>
          <Price amount={total} currency={currency} size="l" />
        </p>
      }
    >
      <h2 class="summary__title">{event?.title ?? t.title}</h2>
      {event && (
        <p class="summary__when">
          {dateTime(event.startsAt, event.timezone)}
          {event.venue && (
            <>
              <br />
              {event.venue.name}, {event.venue.city}
            </>
          )}
        </p>
      )}
      <ul class="summary__lines">
        {together(lines).map(({ name, seats, unitPrice, quantity }) => (
          <li key={`${name} ${unitPrice}`}>
            <span>
              {quantity} × {name}
              {seats.length > 0 && <span class="summary__seats">{seats.join(', ')}</span>}
            </span>
            <span class="summary__amount">
              <Price amount={unitPrice * quantity} currency={currency} />
            </span>
          </li>
        ))}
      </ul>
      {rows.length > 0 && (
        <dl class="summary__rows">
          {rows.map(([name, amount]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{amount}</dd>
            </div>
          ))}
        </dl>
      )}
    </TicketStub>
  )
}

/** Seats of one type at one price in one line. */
function together(lines: readonly SummaryLine[]) {
  const found = new Map<string, { name: string; seats: string[]; unitPrice: number; quantity: number }>()
  for (const { name, seatLabel, unitPrice, quantity } of lines) {
    const key = `${name} ${unitPrice}`
    const line = found.get(key) ?? { name, seats: [], unitPrice, quantity: 0 }
    line.quantity += quantity
    if (seatLabel) line.seats.push(seatLabel)
    found.set(key, line)
  }
  return Array.from(found.values())
}
