import { useEffect } from 'preact/hooks'
import { useLocation, useRoute } from 'preact-iso'
import { nodesOf } from '../api/nodes.ts'
import { ask } from '../api/ask.ts'
import { useQuery } from '../api/use-query.ts'
import { EventPage as EventQuery, RecordEventView, RelatedEvents } from '../generated/discover/event.ts'
import { ReportContent } from '../generated/discover/organizer.ts'
import { useTexts } from '../texts/index.ts'
import { dateRange, time } from '../texts/times.ts'
import { useTitle } from '../texts/title.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Button } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { Empty } from '../ui/empty.tsx'
import { Icon } from '../ui/icon.tsx'
import { Later } from '../ui/later.tsx'
import { Menu, MenuItem } from '../ui/menu.tsx'
import { Notice } from '../ui/notice.tsx'
import { Picture } from '../ui/picture.tsx'
import { Rating } from '../ui/rating.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import './discover.css'
import './event.css'
import './organizer.css'
import { EventGrid } from './event-list.tsx'
import type { EventShown } from './event-shown.ts'
import { EventTickets } from './event-tickets.tsx'
import { FailedPage } from './failed-page.tsx'
import { FollowButton } from './follow-button.tsx'
import { ReportButton } from './report.tsx'
import { Reviews } from './reviews.tsx'
import { searchUrl } from './search-url.ts'
import { ShareButton } from './share-button.tsx'
import { WishButton } from './wishes.tsx'

/** One event: what, when, where, for how much, and what others say. */
export function EventPage() {
  const t = useTexts('event')
  const slug = useRoute().params.slug ?? ''
  const { route } = useLocation()
  const { data, error, reload } = useQuery(EventQuery, { slug })
  const event = data.value?.event
  useTitle(event?.title ?? (data.value ? t.event.none : undefined))
  useEffect(() => {
    // It is found by the slugs of former titles too; the address says how it is called now.
    if (event && event.slug !== slug) route(`/events/${event.slug}`, true)
  }, [event?.slug])
  useEffect(() => {
    if (event?.status === 'APPROVED') void noteView(event.id)
  }, [event?.id])
  if (event) return <Event event={event} reload={reload} />
  return (
    <div class="page event">
      {error.value ? (
        <FailedPage error={error.value} retry={reload} />
      ) : data.value ? (
        <Empty
          level={1}
          title={t.event.none}
          text={t.event.noneText}
          action={
            <Button variant="primary" href="/search">
              {t.showAll}
            </Button>
          }
        />
      ) : (
        <>
          <Skeleton shape="title" />
          <div class="event__columns">
            <Skeleton shape="picture" />
            <Skeleton shape="ticket" />
          </div>
        </>
      )}
    </div>
  )
}

const noted = new Set<string>()

/** Counts that the event was looked at; once in the life of the page, however often it is come back to. */
async function noteView(id: string): Promise<void> {
  if (noted.has(id)) return
  noted.add(id)
  try {
    await ask(RecordEventView, { id })
  } catch {
    // Nobody is to be troubled by what only makes a number rise.
  }
}

function Event({ event, reload }: { event: EventShown; reload(): Promise<void> }) {
  const t = useTexts('event')
  return (
    <article class="page event">
      <header class="event__head">
        {event.category && (
          <a class="event__category" href={searchUrl({ category: event.category.slug })}>
            {event.category.name}
          </a>
        )}
        <h1 class="event__title">{event.title}</h1>
        {event.rating.mean !== null && (
          <a class="event__rating" href="#reviews">
            <Rating mean={event.rating.mean} count={event.rating.count} />
          </a>
        )}
      </header>
      <Told event={event} />
      <div class="event__columns">
        <div class="event__main">
          <Picture
            class="event__picture"
            image={event.image}
            alt=""
            sizes="(min-width: 64rem) 46rem, 94vw"
            seed={event.category?.name ?? event.title}
            eager
          />
          <Facts event={event} />
          <Later>
            <div class="row event__actions">
              <WishButton event={event} words />
              <ShareButton title={event.title} path={`/events/${event.slug}`} />
              <Menu label={t.event.calendar} icon="calendar">
                {event.calendarUrl && (
                  <MenuItem icon="download" href={event.calendarUrl} download>
                    {t.event.ics}
                  </MenuItem>
                )}
                <MenuItem icon="external" href={event.googleCalendarUrl} target="_blank">
                  {t.event.google}
                </MenuItem>
              </Menu>
            </div>
          </Later>
        </div>
        <Later>
          <aside class="event__side" aria-label={t.event.tickets}>
            <EventTickets event={event} />
          </aside>
        </Later>
        <Later>
          <div class="event__more">
            {event.description && (
              <section class="event__part" aria-labelledby="about">
                <h2 id="about">{t.event.about}</h2>
                <p class="prose">{event.description}</p>
              </section>
            )}
            <Host event={event} />
            <Reviews event={event} changed={reload} />
          </div>
        </Later>
      </div>
      <Related event={event} />
    </article>
  )
}

/** What everybody has to know before they think of buying. */
function Told({ event }: { event: EventShown }) {
  const t = useTexts('event')
  if (event.status === 'CANCELLED')
    return (
      <Notice tone="danger" title={t.event.cancelled}>
        {event.cancellationReason}
      </Notice>
    )
  if (event.status === 'COMPLETED') return <Notice title={t.event.over}>{t.event.overText}</Notice>
  if (event.salesPaused)
    return (
      <Notice tone="warning" title={t.event.paused}>
        {event.salesPausedReason}
      </Notice>
    )
  if (event.rescheduledAt && event.refundUntil && Date.parse(event.refundUntil) > Date.now())
    return (
      <Notice tone="warning" title={t.event.moved}>
        {t.event.movedText(dateRange(event.refundUntil, event.refundUntil, event.timezone))}
      </Notice>
    )
  return null
}

/** When by the clock of the place, and by the viewer's where that is another; and where. */
function Facts({ event }: { event: EventShown }) {
  const t = useTexts('event')
  const place = [event.venue?.name, event.room?.name].filter(Boolean).join(', ') || event.location?.name
  const city = [event.venue?.address, event.venue?.city ?? event.location?.city].filter(Boolean).join(', ')
  return (
    <dl class="facts">
      <div class="facts__row">
        <dt class="facts__name">
          <Icon name="calendar" label={t.event.when} />
        </dt>
        <dd>
          <time class="facts__strong" dateTime={event.startsAt}>
            {dateRange(event.startsAt, event.endsAt, event.timezone)}
          </time>
          {isOtherTime(event.startsAt, event.timezone) && (
            <p class="facts__more">{t.event.yourTime(time(event.startsAt))}</p>
          )}
        </dd>
      </div>
      <div class="facts__row">
        <dt class="facts__name">
          <Icon name={place ? 'location' : 'globe'} label={t.event.where} />
        </dt>
        <dd>
          <p class="facts__strong">{place ?? t.event.online}</p>
          {city && <p class="facts__more">{city}</p>}
          {place && event.online && <p class="facts__more">{t.event.alsoOnline}</p>}
          {event.mapUrl && (
            <p class="facts__more">
              <a href={event.mapUrl} target="_blank" rel="noopener">
                {t.event.map}
              </a>
            </p>
          )}
        </dd>
      </div>
      {event.mapImageUrl && event.mapUrl && (
        <a class="facts__map" href={event.mapUrl} target="_blank" rel="noopener">
          <img
            src={event.mapImageUrl}
            alt={t.event.mapOf(place ?? event.title)}
            loading="lazy"
            width="640"
            height="240"
          />
        </a>
      )}
    </dl>
  )
}

/** Whether a clock here shows another time then; the server's says nothing. @param zone IANA name. */
function isOtherTime(iso: string, zone: string): boolean {
  if (import.meta.env.SSR) return false
  const clock = (timeZone?: string) =>
    new Date(iso).toLocaleString('en', {
      dateStyle: 'short',
      timeStyle: 'short',
      ...(timeZone ? { timeZone } : {}),
    })
  return clock() !== clock(zone)
}

function Host({ event }: { event: EventShown }) {
  const t = useTexts('event')
  const { organizer } = event
  const profile = organizer.organizerProfile
  const name = profile?.name ?? organizer.name
  return (
    <Card title={t.event.organizer}>
      <div class="host">
        <Avatar name={name} url={profile?.image?.small ?? organizer.avatarUrl} />
        <div class="host__words">
          {profile ? <a href={`/organizers/${profile.slug}`}>{name}</a> : <span>{name}</span>}
          {profile && <span class="facts__more">{t.organizer.followers(profile.followerCount)}</span>}
        </div>
        {profile && <FollowButton organizer={{ id: organizer.id, slug: profile.slug, name }} />}
      </div>
      <div>
        <ReportButton
          what={event.title}
          send={(reason) => ask(ReportContent, { input: { kind: 'EVENT', id: event.id, reason } })}
        />
      </div>
    </Card>
  )
}

function Related({ event }: { event: EventShown }) {
  const t = useTexts('event')
  const { data } = useQuery(RelatedEvents, event.category && { category: event.category.slug })
  const others = nodesOf(data.value?.events).filter(({ id }) => id !== event.id)
  if (others.length === 0) return null
  return (
    <section class="event__part">
      <h2>{t.event.related}</h2>
      <EventGrid events={others.slice(0, 4)} />
    </section>
  )
}
