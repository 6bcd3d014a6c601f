import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { session } from '../api/session.ts'
import { subscribe } from '../api/subscribe.ts'
import { useQuery } from '../api/use-query.ts'
import { MyPlaceInLine, TicketStock, type TicketTypeParts, WaitForType } from '../generated/discover/event.ts'
import { dateTime, number } from '../texts/format.ts'
import { explain, useTexts } from '../texts/index.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Countdown } from '../ui/countdown.tsx'
import { Price } from '../ui/price.tsx'
import { stockOf, TicketStub } from '../ui/ticket-stub.tsx'
import { notify } from '../ui/toast.ts'
import { withFees } from '../ui/with-fees.ts'
import type { EventShown } from './event-shown.ts'
import { signInUrl } from './wishes.tsx'

const FEW = 20
const SOON_MS = 48 * 3_600_000

/** What can be bought, at what it costs with everything, as it stands this moment; and the way there. */
export function EventTickets({ event }: { event: EventShown }) {
  const t = useTexts('event')
  const live = useSignal<readonly TicketTypeParts[] | null>(null)
  const isOpen = event.status === 'APPROVED'
  useEffect(() => {
    live.value = null
    if (!isOpen) return
    return subscribe(
      TicketStock,
      { eventId: event.id },
      {
        next: ({ ticketStockChanged }) => {
          live.value = ticketStockChanged
        },
      },
    )
  }, [event.id, isOpen])

  const types = live.value ?? event.ticketTypes
  const onSale = types?.filter(({ saleStatus }) => saleStatus === 'ON_SALE') ?? []
  const canBuy = onSale.length > 0
  const prices = (canBuy ? onSale : (types ?? [])).map((type) => full(type, event))
  const cheapest = prices.length > 0 ? Math.min(...prices) : null
  const isSoldOut = !canBuy && (types?.some(({ saleStatus }) => saleStatus === 'SOLD_OUT') ?? false)
  return (
    <TicketStub
      class="tickets"
      stock={stockOf(event.category?.name)}
      tear="foot"
      stub={
        <div class="tickets__stub">
          {cheapest !== null && (
            <p>
              {prices.length > 1 && <span class="price__from">{t.from} </span>}
              <Price amount={cheapest} currency={event.currency} size="l" />
            </p>
          )}
          {isOpen && canBuy && (
            <Button variant="primary" size="l" icon="ticket" href={`/events/${event.slug}/buy`}>
              {t.tickets.buy}
            </Button>
          )}
          {isOpen && isSoldOut && <Badge tone="danger">{t.tickets.soldOut}</Badge>}
        </div>
      }
    >
      <h2 class="tickets__title">{t.event.tickets}</h2>
      {types === null || types.length === 0 ? (
        <p>{types === null ? t.tickets.unknown : t.tickets.none}</p>
      ) : (
        <ul class="tickets__list" aria-live="polite" aria-relevant="text">
          {types.map((type) => (
            <TicketLine key={type.id} type={type} event={event} />
          ))}
        </ul>
      )}
      {cheapest !== null && cheapest > 0 && <p class="tickets__note">{t.tickets.allIn}</p>}
      {isOpen && event.queue?.enabled && <p class="tickets__note">{t.tickets.queue}</p>}
      {isOpen && <p class="tickets__note">{refund(event, t)}</p>}
    </TicketStub>
  )
}

const full = ({ price, currency }: TicketTypeParts, { fees }: EventShown): number =>
  withFees([{ unitPrice: price, quantity: 1 }], fees ?? [], currency)

type Texts = ReturnType<typeof useTexts<'event'>>

/** What goes back when somebody cannot come, in one line. */
function refund({ refundPolicy: { tiers } }: EventShown, t: Texts): string {
  const best = tiers.toSorted((a, b) => b.percent - a.percent || a.hoursBeforeStart - b.hoursBeforeStart)[0]
  if (!best || best.percent === 0) return t.tickets.noRefund
  return best.hoursBeforeStart === 0
    ? t.tickets.refundToStart(best.percent)
    : t.tickets.refund(best.percent, best.hoursBeforeStart)
}

function TicketLine({ type, event }: { type: TicketTypeParts; event: EventShown }) {
  const t = useTexts('event')
  const price = full(type, event)
  const isUsable = type.saleStatus === 'ON_SALE' || type.saleStatus === 'UPCOMING'
  return (
    <li class={isUsable ? 'ticket-line' : 'ticket-line ticket-line--off'}>
      <div class="ticket-line__words">
        <p class="ticket-line__name">{type.name}</p>
        {type.description && <p class="ticket-line__more">{type.description}</p>}
        <p class="ticket-line__more">
          <Stock type={type} timezone={event.timezone} />
        </p>
        {type.saleStatus === 'SOLD_OUT' && event.status === 'APPROVED' && <Waitlist type={type} />}
      </div>
      <p class="ticket-line__price">
        {type.kind === 'DONATION' && <span class="price__from">{t.from} </span>}
        <Price amount={price} currency={type.currency} />
      </p>
    </li>
  )
}

/** How a type stands: what is left of it, or why it cannot be had. */
function Stock({ type, timezone }: { type: TicketTypeParts; timezone: string }) {
  const t = useTexts('event')
  switch (type.saleStatus) {
    case 'ON_SALE':
      if (type.accessCodeRequired) return <>{t.tickets.code}</>
      if (type.available > FEW) return <>{t.tickets.available}</>
      return <strong class="ticket-line__few">{t.tickets.left(number(type.available))}</strong>
    case 'UPCOMING': {
      if (!type.saleStartsAt) return <>{t.tickets.upcoming}</>
      const isSoon = Date.parse(type.saleStartsAt) - Date.now() < SOON_MS
      return (
        <>
          {t.tickets.opens(dateTime(type.saleStartsAt, timezone))}
          {isSoon && (
            <>
              {' · '}
              <Countdown until={type.saleStartsAt} label={t.tickets.opensIn} />
            </>
          )}
        </>
      )
    }
    case 'SOLD_OUT':
      return <>{t.tickets.soldOut}</>
    case 'PAUSED':
      return <>{t.tickets.paused}</>
    case 'CLOSED':
    case 'ENDED':
      return <>{t.tickets.ended}</>
  }
}

/** A place in line for what comes back. */
function Waitlist({ type }: { type: TicketTypeParts }) {
  const t = useTexts('event')
  const { route } = useLocation()
  const isHere = session.value.status === 'signed-in'
  const query = useQuery(MyPlaceInLine, isHere ? { ticketTypeId: type.id } : null)
  const place = query.data.value?.waitlistEntry
  const busy = useSignal(false)
  useEffect(() => {
    if (place) void query.reload() // as whatever moves the stock may be for them
  }, [type])
  const join = async () => {
    if (!isHere) return route(signInUrl())
    busy.value = true
    try {
      const { joinWaitlist } = await ask(
        WaitForType,
        { ticketTypeId: type.id, quantity: 1 },
        { idempotent: true },
      )
      query.data.value = { waitlistEntry: joinWaitlist }
      notify(t.tickets.waiting)
    } catch (failure) {
      const { title, text } = explain(asApiError(failure))
      notify(`${title}. ${text}`, { tone: 'danger' })
    } finally {
      busy.value = false
    }
  }
  if (place?.hold?.status === 'ACTIVE')
    return (
      <div class="row" role="status">
        <strong>{t.tickets.offered}</strong>
        <Button size="s" variant="primary" href={`/checkout/${place.hold.id}`}>
          {t.tickets.take}
        </Button>
      </div>
    )
  if (place?.status === 'WAITING' && place.position !== null)
    return <p class="ticket-line__more">{t.tickets.position(place.position)}</p>
  return (
    <Button size="s" icon="bell" busy={busy.value} onClick={() => void join()}>
      {t.tickets.wait}
    </Button>
  )
}
