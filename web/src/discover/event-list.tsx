import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import type { EventCardParts } from '../generated/discover/card.ts'
import { useTexts } from '../texts/index.ts'
import { Badge } from '../ui/badge.tsx'
import { EventCard } from '../ui/event-card.tsx'
import { Pagination } from '../ui/pagination.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
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
            event={event}
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

interface PagedGridProps {
  pages: {
    readonly nodes: { readonly value: readonly EventCardParts[] | null }
    readonly total: { readonly value: number }
    readonly hasNext: { readonly value: boolean }
    readonly loading: { readonly value: boolean }
    more(): Promise<boolean>
  }
  empty: ComponentChildren
  eager?: number
}

/** A long list of events with a button for more. When the last have come, and the button is gone, the focus is on the first of those. */
export function PagedGrid({ pages, empty, eager = 0 }: PagedGridProps) {
  const grid = useRef<HTMLDivElement>(null)
  const { nodes, total, hasNext, loading, more } = pages
  if (nodes.value === null) return <EventGridSkeleton count={8} />
  if (nodes.value.length === 0) return <>{empty}</>
  const shown = nodes.value.length
  const onMore = async () => {
    if (await more()) grid.current?.querySelectorAll<HTMLElement>('.event-card__title > a')[shown]?.focus()
  }
  return (
    <div ref={grid} aria-busy={loading.value}>
      <EventGrid events={nodes.value} level={2} eager={eager} />
      <Pagination
        shown={shown}
        total={total.value}
        hasNext={hasNext.value}
        loading={loading.value}
        onMore={() => void onMore()}
      />
    </div>
  )
}
