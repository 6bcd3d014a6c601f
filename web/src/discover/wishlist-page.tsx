import { session } from '../api/session.ts'
import { Wishlist } from '../generated/discover/wishlist.ts'
import type { EventCardParts } from '../generated/discover/card.ts'
import { useTexts } from '../texts/index.ts'
import { useTitle } from '../texts/title.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { useComputed } from '@preact/signals'
import './discover.css'
import './organizer.css'
import { PagedGrid } from './paged-grid.tsx'
import { Failure } from './failure.tsx'
import { usePages } from './use-pages.ts'
import { signInUrl } from './wishes.tsx'

/** The events that the person has saved, those saved last first. */
export function WishlistPage() {
  const { wishlist: t, showAll } = useTexts('search')
  const { signIn } = useTexts('discover')
  useTitle(t.title)
  const isHere = session.value.status === 'signed-in'
  const pages = usePages(Wishlist, isHere ? { first: 24 } : null, ({ me }) => me?.wishlist)
  // An event that cannot be seen any more stays on the list, as it may come back, but there is nothing to show of it.
  const nodes = useComputed(
    () => pages.nodes.value?.filter((event): event is EventCardParts => event !== null) ?? null,
  )
  return (
    <div class="page wishlist">
      <h1>{t.title}</h1>
      {!isHere && (
        <Empty
          title={t.signIn}
          text={t.signInText}
          action={
            <Button variant="primary" href={signInUrl()}>
              {signIn}
            </Button>
          }
        />
      )}
      {isHere && pages.error.value && <Failure error={pages.error.value} retry={pages.reload} />}
      {isHere && !(pages.error.value && nodes.value === null) && (
        <PagedGrid
          pages={{ ...pages, nodes }}
          eager={4}
          empty={
            <Empty
              title={t.nothing}
              text={t.nothingText}
              action={
                <Button variant="primary" href="/search">
                  {showAll}
                </Button>
              }
            />
          }
        />
      )}
    </div>
  )
}
