import { session } from '../api/session.ts'
import { ask } from '../api/ask.ts'
import { MyCalendar, type TicketOfMine } from '../generated/tickets/tickets.ts'
import { language } from '../texts/language.ts'
import { useTexts } from '../texts/index.ts'
import { relative } from '../texts/times.ts'
import { useTitle } from '../texts/title.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Disclosure } from '../ui/disclosure.tsx'
import { Empty } from '../ui/empty.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import { stockOf, TicketStub } from '../ui/ticket-stub.tsx'
import { notify } from '../ui/toast.ts'
import { readTickets, useMyTickets } from './my-tickets.ts'
import { NotFresh, SignInFirst, WhenAndWhere } from './page-parts.tsx'
import { groupTickets, type TicketGroup } from './ticket-groups.ts'
import { StatusBadge } from './ticket-face.tsx'
import './tickets.css'

/** Everything that I have tickets for, also where there is no connection. */
export function TicketsPage() {
  const t = useTexts('tickets')
  useTitle(t.title)
  const { tickets, readAt, error, loading } = useMyTickets()
  const { user } = session.value
  if (!user) return <SignInFirst title={t.signInFirst} text={t.signInText} action={t.signIn} />
  const { upcoming, past } = groupTickets(tickets ?? [], Date.now())
  const again = () => void readTickets(user.id)
  return (
    <div class="own-page" aria-busy={loading && tickets === null}>
      <header class="own-page__head">
        <h1>{t.title}</h1>
        <Button variant="quiet" href="/bookings">
          {t.bookings}
        </Button>
      </header>
      {error && (
        <NotFresh
          error={error}
          kept={tickets !== null}
          asOf={readAt === null ? '' : t.asOf(relative(new Date(readAt).toISOString()))}
          again={t.again}
          onAgain={again}
        />
      )}
      {tickets === null && !error && <Skeleton shape="ticket" lines={3} />}
      {tickets?.length === 0 && (
        <Empty
          title={t.none}
          text={t.noneText}
          action={
            <Button variant="primary" href="/search">
              {t.find}
            </Button>
          }
        />
      )}
      {upcoming.length > 0 && <Groups title={t.upcoming} groups={upcoming} />}
      {past.length > 0 && <Groups title={t.past} groups={past} quiet />}
      {tickets && tickets.length > 0 && <Calendar />}
    </div>
  )
}

function Groups({
  title,
  groups,
  quiet,
}: {
  title: string
  groups: readonly TicketGroup[]
  quiet?: boolean
}) {
  return (
    <section class={quiet ? 'ticket-groups ticket-groups--past' : 'ticket-groups'}>
      <h2 class="ticket-groups__title">{title}</h2>
      <ul class="ticket-groups__list">
        {groups.map((group) => (
          <li key={group.event.id}>
            <Group {...group} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function Group({ event, tickets }: TicketGroup) {
  const t = useTexts('tickets')
  const [first] = tickets
  return (
    <TicketStub
      class="ticket-group"
      stock={stockOf(event.category?.name)}
      stub={
        <div class="ticket-group__stub">
          <Day at={event.startsAt} zone={event.timezone} />
          <span class="ticket-group__count">{t.count(tickets.length)}</span>
        </div>
      }
    >
      <h3 class="ticket-group__title">
        <a href={`/tickets/${first?.id ?? ''}`}>{event.title}</a>
      </h3>
      <WhenAndWhere event={event} online={t.online} />
      <p class="ticket-group__what">{whatOf(tickets)}</p>
      <p class="ticket-group__badges">
        {event.status === 'CANCELLED' ? (
          <Badge tone="danger">{t.eventCancelled}</Badge>
        ) : (
          first && <StatusBadge ticket={first} unlessValid />
        )}
      </p>
    </TicketStub>
  )
}

/** The day on the stub, large, as it is torn. */
function Day({ at, zone }: { at: string; zone: string }) {
  const date = new Date(at)
  const part = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language.value === 'id' ? 'id-ID' : 'en-GB', {
      timeZone: zone,
      ...options,
    }).format(date)
  return (
    <span class="day" aria-hidden="true">
      <span class="day__number">{part({ day: 'numeric' })}</span>
      <span class="day__month">{part({ month: 'short' })}</span>
    </span>
  )
}

/** The seats of tickets, or their types. */
const whatOf = (tickets: readonly TicketOfMine[]): string =>
  Array.from(
    new Set(
      tickets.map(({ seat, ticketType }) =>
        seat ? `${seat.section} ${seat.row}-${seat.label}` : (ticketType?.name ?? ''),
      ),
    ),
  )
    .filter(Boolean)
    .join(' · ')

function Calendar() {
  const t = useTexts('tickets')
  const copy = async () => {
    const { calendarFeed } = await ask(MyCalendar, { language: language.value === 'id' ? 'ID' : 'EN' })
    if (!calendarFeed) return
    await navigator.clipboard.writeText(new URL(calendarFeed.url, location.origin).href)
    notify(t.copied)
  }
  return (
    <Disclosure summary={t.calendar}>
      <p>{t.calendarText}</p>
      <Button icon="copy" onClick={() => void copy()}>
        {t.copyLink}
      </Button>
    </Disclosure>
  )
}
