import { useSignal } from '@preact/signals'
import { useId } from 'preact/hooks'
import { lazy, useLocation } from 'preact-iso'
import { session } from '../api/session.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { textOf } from '../ui/text-of.ts'
import { TicketStub } from '../ui/ticket-stub.tsx'
import { ANYTHING, type Search, searchUrl } from './search-url.ts'

const PastSearches = lazy(() => import('./past-searches.tsx'))

/** Words to search for, on a ticket; under it what the person has searched for before. Everything else of the search stays. */
export function SearchBox({ search = ANYTHING }: { search?: Search }) {
  const t = useTexts('discover')
  const { route } = useLocation()
  const id = useId()
  const entered = useSignal(false)
  return (
    <form
      class="search-box"
      role="search"
      action="/search"
      onSubmit={(event) => {
        event.preventDefault()
        const words = textOf(new FormData(event.currentTarget), 'q')
        route(searchUrl({ ...search, words: words || null, order: null }))
      }}
    >
      <TicketStub
        class="search-box__ticket"
        stub={
          <Button variant="primary" size="l" type="submit" wide>
            {t.search.submit}
          </Button>
        }
      >
        <label class="search-box__field" for={id}>
          <Icon name="search" />
          <span class="visually-hidden">{t.search.label}</span>
          <input
            id={id}
            class="search-box__input"
            type="search"
            name="q"
            key={search.words}
            defaultValue={search.words ?? ''}
            maxLength={200}
            placeholder={t.search.placeholder}
            autocomplete="off"
            enterkeyhint="search"
            onFocus={() => (entered.value = true)}
          />
        </label>
      </TicketStub>
      {entered.value && session.value.status === 'signed-in' && <PastSearches />}
    </form>
  )
}
