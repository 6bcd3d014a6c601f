import type { ComponentChildren } from 'preact'
import type { ApiError } from '../api/api-error.ts'
import { explain } from '../texts/index.ts'
import { dateRange } from '../texts/times.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { Notice } from '../ui/notice.tsx'

/** What tickets and bookings show of an event. */
interface EventFacts {
  startsAt: string
  endsAt: string
  timezone: string
  online: boolean
  venue: { name: string; city: string; address?: string } | null
}

/** When, by the clock of the place, and where. */
export function WhenAndWhere({ event, online }: { event: EventFacts; online: string }) {
  const { startsAt, endsAt, timezone, venue } = event
  return (
    <>
      <p class="when">
        <time dateTime={startsAt}>{dateRange(startsAt, endsAt, timezone)}</time>
      </p>
      <p class="where">{venue ? `${venue.name}, ${venue.city}` : event.online ? online : ''}</p>
    </>
  )
}

/** What is shown was not read just now. @param kept whether there is something to show all the same. */
export function NotFresh({
  error,
  kept,
  asOf,
  again,
  onAgain,
}: {
  error: ApiError
  kept: boolean
  asOf: string
  again: string
  onAgain(): void
}) {
  const { title, text } = explain(error)
  return (
    <Notice
      tone={kept ? 'info' : 'warning'}
      title={title}
      actions={
        <Button size="s" icon="refresh" onClick={onAgain}>
          {again}
        </Button>
      }
    >
      {kept ? asOf : text}
    </Notice>
  )
}

/** For whoever is not signed in: these pages are somebody's own. */
export function SignInFirst({ title, text, action }: { title: string; text: string; action: string }) {
  const next = encodeURIComponent(location.pathname + location.search)
  return (
    <Empty
      level={1}
      title={title}
      text={text}
      action={
        <Button variant="primary" href={`/sign-in?next=${next}`}>
          {action}
        </Button>
      }
    />
  )
}

/** What was given in a field of a form, without the blanks around it. */
export function given(data: FormData, name: string): string {
  const value = data.get(name)
  return typeof value === 'string' ? value.trim() : ''
}

/** A line of words with something beside it. */
export function Line({ label, children }: { label: ComponentChildren; children: ComponentChildren }) {
  return (
    <div class="line">
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  )
}
