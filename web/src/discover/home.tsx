import { lazy } from 'preact-iso'
import { useMemo } from 'preact/hooks'
import { nodesOf } from '../api/nodes.ts'
import { isKnown } from '../api/session.ts'
import { useQuery } from '../api/use-query.ts'
import { Home as HomeQuery, HomeWeekend } from '../generated/discover/home.ts'
import { useTexts } from '../texts/index.ts'
import { useTitle } from '../texts/title.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { Later } from '../ui/later.tsx'
import { stockOf } from '../ui/ticket-stub.tsx'
import './discover.css'
import { EventGrid, EventGridSkeleton } from './event-list.tsx'
import { Failure } from './failure.tsx'
import { Part } from './home-part.tsx'
import { SearchBox } from './search-box.tsx'
import { searchUrl, weekendOf } from './search-url.ts'

const Mine = lazy(() => import('./mine.tsx'))
const NearButton = lazy(() => import('./near-button.tsx'))

/** With all that the server draws of it: what comes while it is taken over would stand there twice. */
export async function loadHome() {
  await NearButton.preload()
  return Home
}

/** What this is, a search, and what there is to see. */
function Home() {
  const t = useTexts('discover')
  useTitle(t.home.title)
  const { data, error, reload } = useQuery(HomeQuery, {})
  const weekend = useMemo(() => weekendOf(new Date()), [])
  const atWeekend = useQuery(HomeWeekend, weekend)
  const found = data.value
  const popular = new Set(found?.popularEvents.map(({ id }) => id))
  const soon = nodesOf(found?.soon).filter(({ id }) => !popular.has(id))
  return (
    <div class="home">
      <section class="hero page">
        <h1 class="hero__title">{t.home.line}</h1>
        <p class="hero__text">{t.home.below}</p>
        <Later>
          <SearchBox />
        </Later>
        <Later>
          <nav class="categories" aria-label={t.home.categories}>
            {found?.categories.map(({ id, name, slug }) => (
              <a key={id} class={`category category--${stockOf(name)}`} href={searchUrl({ category: slug })}>
                {name}
              </a>
            ))}
            <NearButton />
          </nav>
        </Later>
      </section>
      {error.value && !found && (
        <div class="page">
          <Failure error={error.value} retry={reload} />
        </div>
      )}
      {isKnown() && <Mine />}
      <Part
        title={t.home.popular}
        href={searchUrl({ order: 'POPULAR' })}
        shown={found ? found.popularEvents.length > 0 : error.value === null}
      >
        {found ? (
          <Later>
            <EventGrid events={found.popularEvents} lead eager={2} />
          </Later>
        ) : (
          <EventGridSkeleton count={4} />
        )}
      </Part>
      <Part
        title={t.home.weekend}
        href={searchUrl(weekend)}
        shown={(atWeekend.data.value?.events.totalCount ?? 0) > 0}
      >
        <EventGrid events={nodesOf(atWeekend.data.value?.events)} />
      </Part>
      <Part title={t.home.soon} href={searchUrl({})} shown={soon.length > 0}>
        <Later>
          <EventGrid events={soon.slice(0, 4)} />
        </Later>
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
