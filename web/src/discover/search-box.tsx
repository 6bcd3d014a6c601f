import { useSignal } from '@preact/signals'
import { useId } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { session } from '../api/session.ts'
import { ClearSearchHistory, SearchHistory } from '../generated/discover/search.ts'
import { explain, useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { TicketStub } from '../ui/ticket-stub.tsx'
import { notify } from '../ui/toast.tsx'
import { ANYTHING, type Search, searchUrl } from './search-url.ts'

/** Words to search for, on a ticket; under it what the person has searched for before. Everything else of the search stays. */
export function SearchBox({ search = ANYTHING }: { search?: Search }) {
  const t = useTexts('discover')
  const { route } = useLocation()
  const id = useId()
  const past = useSignal<readonly string[]>([])
  const recall = async () => {
    if (session.value.status !== 'signed-in' || past.value.length > 0) return
    try {
      const { searchHistory } = await ask(SearchHistory, {})
      past.value = searchHistory?.edges.map(({ node }) => node.search) ?? []
    } catch {
      // Nobody asked for it: without it the search is what it is.
    }
  }
  const forget = async () => {
    try {
      await ask(ClearSearchHistory, {}, { idempotent: true })
      past.value = []
      notify(t.search.forgotten)
    } catch (failure) {
      notify(explain(asApiError(failure)).title, { tone: 'danger' })
    }
  }
  return (
    <form
      class="search-box"
      role="search"
      action="/search"
      onSubmit={(event) => {
        event.preventDefault()
        const words = String(new FormData(event.currentTarget).get('q') ?? '').trim()
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
            onFocus={() => void recall()}
          />
        </label>
      </TicketStub>
      {past.value.length > 0 && (
        <div class="search-box__past">
          <span>{t.search.past}</span>
          {past.value.map((words) => (
            <a key={words} class="chip" href={searchUrl({ words })}>
              {words}
            </a>
          ))}
          <Button variant="quiet" size="s" onClick={() => void forget()}>
            {t.search.forget}
          </Button>
        </div>
      )}
    </form>
  )
}
