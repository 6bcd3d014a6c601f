import { useSignal } from '@preact/signals'
import { nodesOf } from '../api/nodes.ts'
import { ask } from '../api/ask.ts'
import { session } from '../api/session.ts'
import { MyBookings, type MyBookingsResult } from '../generated/tickets/bookings.ts'
import { useKept } from '../offline/use-kept.ts'
import { dateTime, money } from '../texts/format.ts'
import { explain, useTexts } from '../texts/index.ts'
import { relative } from '../texts/times.ts'
import { useTitle } from '../texts/title.ts'
import { asApiError } from '../api/api-error.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { Pagination } from '../ui/pagination.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import { notify } from '../ui/toast.ts'
import { BookingBadge } from './booking-badge.tsx'
import { NotFresh, SignInFirst } from './page-parts.tsx'
import { WaitingRequests } from './waiting-requests.tsx'
import './tickets.css'

type Connection = NonNullable<MyBookingsResult['myBookings']>
type Row = Connection['edges'][number]['node']

/** What I have booked, the newest first. */
export function BookingsPage() {
  const t = useTexts('bookings')
  useTitle(t.title)
  const { user } = session.value
  const { data, keptAt, error, reload } = useKept(MyBookings, user ? { after: null } : null)
  const further = useSignal<Connection[]>([])
  const loading = useSignal(false)
  if (!user) return <SignInFirst title={t.signInFirst} text={t.signInText} action={t.signIn} />

  const pages = data.value?.myBookings ? [data.value.myBookings, ...further.value] : []
  const rows = pages.flatMap(nodesOf)
  const last = pages.at(-1)?.pageInfo
  const more = async () => {
    loading.value = true
    try {
      const { myBookings } = await ask(MyBookings, { after: last?.endCursor ?? null })
      if (myBookings) further.value = [...further.value, myBookings]
    } catch (failure) {
      notify(explain(asApiError(failure)).title, { tone: 'danger' })
    }
    loading.value = false
  }
  return (
    <div class="own-page" aria-busy={data.value === null && !error.value}>
      <header class="own-page__head">
        <h1>{t.title}</h1>
        <Button variant="quiet" href="/tickets">
          {t.myTickets}
        </Button>
      </header>
      {error.value && (
        <NotFresh
          error={error.value}
          kept={data.value !== null}
          asOf={keptAt.value === null ? '' : t.asOf(relative(new Date(keptAt.value).toISOString()))}
          again={t.again}
          onAgain={reload}
        />
      )}
      <WaitingRequests />
      {data.value === null && !error.value && <Skeleton shape="card" lines={3} />}
      {data.value && rows.length === 0 && (
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
      {rows.length > 0 && (
        <ul class="booking-rows">
          {rows.map((row) => (
            <BookingRow key={row.id} booking={row} />
          ))}
        </ul>
      )}
      {rows.length > 0 && (
        <Pagination
          shown={rows.length}
          hasNext={last?.hasNextPage ?? false}
          loading={loading.value}
          onMore={() => void more()}
        />
      )}
    </div>
  )
}

function BookingRow({
  booking: { id, event, items, status, totalPrice, currency, createdAt },
}: {
  booking: Row
}) {
  const t = useTexts('bookings')
  const places = items.reduce((sum, { quantity }) => sum + quantity, 0)
  return (
    <li class="booking-row">
      <div class="booking-row__words">
        <h2 class="booking-row__title">
          <a href={`/bookings/${id}`}>{event?.title ?? t.eventGone}</a>
        </h2>
        {event && (
          <p>
            <time dateTime={event.startsAt}>{dateTime(event.startsAt, event.timezone)}</time>
          </p>
        )}
        <p class="quiet">{t.placed(dateTime(createdAt))}</p>
      </div>
      <div class="booking-row__sum">
        <BookingBadge status={status} />
        <strong>{totalPrice === 0 ? t.free : money(totalPrice, currency)}</strong>
        <span class="quiet">{t.places(places)}</span>
      </div>
    </li>
  )
}
