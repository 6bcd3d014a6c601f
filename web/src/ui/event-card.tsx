import type { ComponentChildren } from 'preact'
import { dateTime } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import './event-card.css'
import { Picture, type PictureSource } from './picture.tsx'
import { Price } from './price.tsx'
import { stockOf } from './ticket-stub.tsx'

/** What of an event its card shows. */
export interface EventSummary {
  readonly slug: string
  readonly title: string
  readonly image?: PictureSource | null
  readonly startsAt: string
  readonly timezone: string
  readonly online: boolean
  readonly category?: { readonly name: string } | null
  readonly venue?: { readonly name: string; readonly city: string } | null
  readonly location?: { readonly city: string } | null
  readonly priceRange?: { readonly min: number; readonly max: number; readonly currency: string } | null
}

interface EventCardProps {
  event: EventSummary
  /** As deep as its heading stands in the page. */
  level?: 2 | 3 | 4
  sizes?: string
  eager?: boolean
  /** Something to press (a wish, "remove") in its corner. */
  action?: ComponentChildren
  /** A state in a word or two. */
  badge?: ComponentChildren
}

/** An event as a ticket that is not bought yet: picture, what, when and where; on its stub, what it costs. */
export function EventCard({
  event,
  level = 3,
  sizes = '(min-width: 64rem) 24rem, (min-width: 40rem) 45vw, 92vw',
  eager,
  action,
  badge,
}: EventCardProps) {
  const t = useTexts('ui')
  const Heading = `h${level}` as const
  const place = [event.venue?.name, event.venue?.city ?? event.location?.city].filter(Boolean).join(', ')
  const price = event.priceRange
  return (
    <article class="event-card">
      <div class="event-card__main">
        <Picture
          image={event.image}
          alt=""
          sizes={sizes}
          seed={event.category?.name ?? event.title}
          eager={eager ?? false}
        />
        <div class="event-card__words">
          <p class="event-card__when">
            <time dateTime={event.startsAt}>{dateTime(event.startsAt, event.timezone)}</time>
          </p>
          <Heading class="event-card__title">
            <a href={`/events/${event.slug}`}>{event.title}</a>
          </Heading>
          <p class="event-card__where">{place || t.online}</p>
        </div>
      </div>
      <div class={`event-card__stub event-card__stub--${stockOf(event.category?.name)}`}>
        <span class="event-card__kind">{event.category?.name}</span>
        {badge || (price && <Price amount={price.min} currency={price.currency} to={price.max} />)}
      </div>
      {action && <div class="event-card__action">{action}</div>}
    </article>
  )
}
