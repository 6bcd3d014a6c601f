import type { EventCardParts } from '../generated/discover/card.ts'
import { useTexts } from '../texts/index.ts'
import { Badge } from '../ui/badge.tsx'
import { EventCard } from '../ui/event-card.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import { withFees } from '../ui/with-fees.ts'
import { WishButton } from './wishes.tsx'

interface EventGridProps {
  events: readonly EventCardParts[]
  level?: 2 | 3
  /** The first is shown at once and larger, as what the page is about. */
  lead?: boolean
  /** How many of them are seen without scrolling: their pictures are not put off. */
  eager?: number
}

/** Events as cards, as many in a row as fit. */
export function EventGrid({ events, level = 3, lead, eager = 0 }: EventGridProps) {
  const t = useTexts('discover')
  return (
    <ul class={lead ? 'event-grid event-grid--lead' : 'event-grid'}>
      {events.map((event, index) => (
        <li key={event.id} class="event-grid__cell">
          <EventCard
            event={{ ...event, priceRange: allIn(event) }}
            level={level}
            eager={index < eager}
            {...(lead && index === 0 ? { sizes: '(min-width: 64rem) 38rem, 92vw' } : {})}
            action={<WishButton event={event} />}
            badge={event.status === 'CANCELLED' && <Badge tone="danger">{t.cancelled}</Badge>}
          />
        </li>
      ))}
    </ul>
  )
}

/** Its prices with everything that is added to them, as they will be paid. */
function allIn({ priceRange, fees }: EventCardParts): EventCardParts['priceRange'] {
  if (!priceRange) return null
  const { min, max, currency } = priceRange
  const full = (unitPrice: number) => withFees([{ unitPrice, quantity: 1 }], fees ?? [], currency)
  return { min: full(min), max: full(max), currency }
}

/** As many cards as are about to be there. */
export function EventGridSkeleton({ count }: { count: number }) {
  return (
    <ul class="event-grid" aria-hidden="true">
      {Array.from({ length: count }, (_, index) => (
        <li key={index} class="event-grid__cell">
          <Skeleton shape="card" />
        </li>
      ))}
    </ul>
  )
}
