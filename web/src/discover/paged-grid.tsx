import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import type { EventCardParts } from '../generated/discover/card.ts'
import { Pagination } from '../ui/pagination.tsx'
import { EventGrid, EventGridSkeleton } from './event-list.tsx'

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
