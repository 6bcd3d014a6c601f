import { nodesOf } from '../api/nodes.ts'
import { session } from '../api/session.ts'
import { useQuery } from '../api/use-query.ts'
import { HomeFollowed, HomeMine } from '../generated/discover/mine.ts'
import { useTexts } from '../texts/index.ts'
import { EventGrid } from './event-list.tsx'
import { Part } from './home-part.tsx'

/** What the person goes to, and what is new of those whom they follow; nothing while there is neither. Only who is signed in loads it. */
export default function Mine() {
  const t = useTexts('discover')
  const mine = useQuery(HomeMine, {})
  const followed = useQuery(HomeFollowed, session.value.status === 'signed-in' ? {} : null)
  const upcoming = nodesOf(mine.data.value?.upcomingEvents)
  const news = new Map(
    nodesOf(followed.data.value?.notifications).flatMap(({ kind, event }) =>
      kind === 'NEW_EVENT' && event?.status === 'APPROVED' && Date.parse(event.startsAt) > Date.now()
        ? [[event.id, event] as const]
        : [],
    ),
  )
  return (
    <>
      <Part title={t.home.upcoming} href="/tickets" shown={upcoming.length > 0}>
        <EventGrid events={upcoming} />
      </Part>
      <Part title={t.home.followed} shown={news.size > 0}>
        <EventGrid events={Array.from(news.values()).slice(0, 4)} />
      </Part>
    </>
  )
}
