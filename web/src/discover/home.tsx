import type { ComponentChildren } from 'preact'
import { useMemo } from 'preact/hooks'
import { session } from '../api/session.ts'
import { useQuery } from '../api/use-query.ts'
import { Home as HomeQuery, HomeFollowed, HomeMine, HomeWeekend } from '../generated/discover/home.ts'
import { useTexts } from '../texts/index.ts'
import { useTitle } from '../texts/title.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { stockOf } from '../ui/ticket-stub.tsx'
import './discover.css'
import { EventGrid, EventGridSkeleton } from './event-list.tsx'
import { Failure } from './failure.tsx'
import { NearButton } from './near-button.tsx'
import { SearchBox } from './search-box.tsx'
import { searchUrl, weekendOf } from './search-url.ts'

/** What this is, a search, and what there is to see. */
export default function Home() {
  const t = useTexts('discover')
  useTitle(t.home.title)
  const { data, error, reload } = useQuery(HomeQuery, {})
  const weekend = useMemo(() => weekendOf(new Date()), [])
  const atWeekend = useQuery(HomeWeekend, weekend)
  const found = data.value
  return (
    <div class="home">
      <section class="hero page">
        <h1 class="hero__title">{t.home.line}</h1>
        <p class="hero__text">{t.home.below}</p>
        <SearchBox />
        <nav class="categories" aria-label={t.home.categories}>
          {found?.categories.map(({ id, name, slug }) => (
            <a key={id} class={`category category--${stockOf(name)}`} href={searchUrl({ category: slug })}>
              {name}
            </a>
          ))}
          <NearButton />
        </nav>
      </section>
      {error.value && !found && (
        <div class="page">
          <Failure error={error.value} retry={reload} />
        </div>
      )}
      <Mine />
      <Part
        title={t.home.popular}
        href={searchUrl({ order: 'POPULAR' })}
        shown={found === null || found.popularEvents.length > 0}
      >
        {found ? <EventGrid events={found.popularEvents} lead eager={2} /> : <EventGridSkeleton count={4} />}
      </Part>
      <Part
        title={t.home.weekend}
        href={searchUrl(weekend)}
        shown={(atWeekend.data.value?.events.totalCount ?? 0) > 0}
      >
        <EventGrid events={nodesOf(atWeekend.data.value?.events)} />
      </Part>
      <Part title={t.home.soon} href={searchUrl({})} shown={(found?.soon.totalCount ?? 0) > 0}>
        <EventGrid events={nodesOf(found?.soon)} />
      </Part>
      {found?.soon.totalCount === 0 && (
        <div class="page">
          <Empty
            title={t.home.nothing}
            text={t.home.nothingText}
            action={<Button href="/ide">{t.home.nothingAction}</Button>}
          />
        </div>
      )}
    </div>
  )
}

const nodesOf = <N,>(
  connection: { readonly edges: readonly { readonly node: N }[] } | null | undefined,
): readonly N[] => connection?.edges.map(({ node }) => node) ?? []

/** What the person goes to, and what is new of those whom they follow; nothing while there is neither. */
function Mine() {
  const t = useTexts('discover')
  const isHere = session.value.status === 'guest' || session.value.status === 'signed-in'
  const mine = useQuery(HomeMine, isHere ? {} : null)
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

interface PartProps {
  title: string
  /** Where the rest is. */
  href?: string
  shown: boolean
  children: ComponentChildren
}

function Part({ title, href, shown, children }: PartProps) {
  const t = useTexts('discover')
  if (!shown) return null
  return (
    <section class="home__part page">
      <header class="home__head">
        <h2>{title}</h2>
        {href && (
          <a href={href} aria-label={t.home.allOf(title)}>
            {t.home.all}
          </a>
        )}
      </header>
      {children}
    </section>
  )
}
