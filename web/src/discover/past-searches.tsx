import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { nodesOf } from '../api/nodes.ts'
import { asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { ClearSearchHistory, SearchHistory } from '../generated/discover/past-searches.ts'
import { explain, useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { notify } from '../ui/toast.ts'
import { searchUrl } from './search-url.ts'

/** What the person has searched for before, for who is signed in and about to search. */
export default function PastSearches() {
  const t = useTexts('discover')
  const past = useSignal<readonly string[]>([])
  const recall = async () => {
    try {
      const { searchHistory } = await ask(SearchHistory, {})
      past.value = nodesOf(searchHistory).map(({ search }) => search)
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
  useEffect(() => void recall(), [])
  if (past.value.length === 0) return null
  return (
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
  )
}
