import { useRoute } from 'preact-iso'
import { nodesOf } from '../api/nodes.ts'
import { ask } from '../api/ask.ts'
import { useQuery } from '../api/use-query.ts'
import {
  OrganizerPage as OrganizerQuery,
  type OrganizerPageResult,
  ReportContent,
} from '../generated/discover/organizer.ts'
import { useTexts } from '../texts/index.ts'
import { date } from '../texts/times.ts'
import { useTitle } from '../texts/title.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { Rating } from '../ui/rating.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import './discover.css'
import './organizer.css'
import { EventGrid } from './event-list.tsx'
import { FailedPage } from './failed-page.tsx'
import { FollowButton } from './follow-button.tsx'
import { ReportButton } from './report.tsx'

type Organizer = NonNullable<OrganizerPageResult['organizer']>

/** Who an organizer is, and what they hold. */
export function OrganizerPage() {
  const t = useTexts('event')
  const slug = useRoute().params.slug ?? ''
  const { data, error, reload } = useQuery(OrganizerQuery, { slug })
  const organizer = data.value?.organizer
  useTitle(organizer?.name ?? (data.value ? t.organizer.none : undefined))
  if (organizer) return <Organizer organizer={organizer} />
  return (
    <div class="page organizer">
      {error.value ? (
        <FailedPage error={error.value} retry={reload} />
      ) : data.value ? (
        <Empty
          level={1}
          title={t.organizer.none}
          text={t.organizer.noneText}
          action={
            <Button variant="primary" href="/search">
              {t.showAll}
            </Button>
          }
        />
      ) : (
        <Skeleton shape="title" />
      )}
    </div>
  )
}

function Organizer({ organizer }: { organizer: Organizer }) {
  const t = useTexts('event')
  const events = nodesOf(organizer.user.organizedEvents)
  const isOver = ({ endsAt }: { endsAt: string }) => Date.parse(endsAt) < Date.now()
  const coming = events.filter((event) => !isOver(event))
  const past = events.filter(isOver).toReversed()
  const { rating } = organizer
  return (
    <article class="page organizer">
      <header class="organizer__head">
        <Avatar name={organizer.name} url={organizer.image?.small} size="l" />
        <div class="organizer__words">
          <h1>{organizer.name}</h1>
          <p class="organizer__facts">
            {t.organizer.followers(organizer.followerCount)}
            {organizer.verifiedSince && ` · ${t.organizer.since(date(organizer.verifiedSince))}`}
          </p>
          {rating.mean !== null && <Rating mean={rating.mean} count={rating.count} />}
        </div>
        <FollowButton organizer={organizer} />
      </header>
      {organizer.about && <p class="prose">{organizer.about}</p>}
      <div class="row">
        {[
          ...(organizer.website ? [{ label: t.organizer.website, url: organizer.website }] : []),
          ...organizer.links,
        ].map(({ label, url }) => (
          <Button key={url} size="s" icon="external" href={url} target="_blank" rel="noopener nofollow">
            {label}
          </Button>
        ))}
        <ReportButton
          what={organizer.name}
          send={(reason) => ask(ReportContent, { input: { kind: 'ORGANIZER', id: organizer.id, reason } })}
        />
      </div>
      <section class="home__part">
        <h2>{t.organizer.coming}</h2>
        {coming.length > 0 ? (
          <EventGrid events={coming} eager={2} />
        ) : (
          <p class="organizer__facts">{t.organizer.nothing}</p>
        )}
      </section>
      {past.length > 0 && (
        <section class="home__part">
          <h2>{t.organizer.past}</h2>
          <EventGrid events={past} />
        </section>
      )}
    </article>
  )
}
