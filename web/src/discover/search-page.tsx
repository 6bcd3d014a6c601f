import { useSignal } from '@preact/signals'
import { useLocation } from 'preact-iso'
import { useQuery } from '../api/use-query.ts'
import { SearchEvents, SearchFacets } from '../generated/discover/search.ts'
import { number } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import { useTitle } from '../texts/title.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { Field } from '../ui/field.tsx'
import { Icon } from '../ui/icon.tsx'
import { Later } from '../ui/later.tsx'
import { Select } from '../ui/select.tsx'
import { Sheet } from '../ui/sheet.tsx'
import './discover.css'
import { PagedGrid } from './paged-grid.tsx'
import { Failure } from './failure.tsx'
import NearButton from './near-button.tsx'
import { SearchBox } from './search-box.tsx'
import { dateSpan, priceSpan, SearchFilters } from './search-filters.tsx'
import { firstPageOf, narrowings, ORDERS, orderOf, readSearch } from './search-asked.ts'
import { type Search, searchUrl } from './search-url.ts'
import './search.css'
import { usePages } from './use-pages.ts'

/** What fits a search; the whole search is in the address, so that it can be sent, kept and gone back to. */
export function SearchPage() {
  const t = useTexts('search')
  const { query, route } = useLocation()
  const search = readSearch(query)
  const first = firstPageOf(search)
  const pages = usePages(SearchEvents, first, ({ events }) => events)
  const facets = useQuery(SearchFacets, { filter: first.filter })
  const isOpen = useSignal(false)
  useTitle(search.words ? t.titleOf(search.words) : t.title)

  const change = (next: Partial<Search>) => route(searchUrl({ ...search, ...next }), true)
  const filters = <SearchFilters search={search} facets={facets.data.value?.facets ?? null} change={change} />
  const count = narrowings(search)
  return (
    <div class="search page">
      <h1 class="visually-hidden">{search.words ? t.titleOf(search.words) : t.title}</h1>
      <Later>
        <SearchBox search={search} />
      </Later>
      <div class="search__bar">
        <p class="search__count" role="status">
          {pages.nodes.value !== null && !pages.loading.value && t.found(pages.total.value)}
        </p>
        <Button class="search__open" icon="filter" onClick={() => (isOpen.value = true)}>
          {t.filters}
          {count > 0 && ` (${number(count)})`}
        </Button>
        <NearButton search={search} />
        <div class="search__order">
          <Field label={t.order} hideLabel>
            <Select
              value={orderOf(search)}
              onChange={({ currentTarget }) =>
                change({ order: ORDERS.find((order) => order === currentTarget.value) ?? null })
              }
              options={ORDERS.filter(
                (order) => (order !== 'DISTANCE' || search.near) && (order !== 'RELEVANCE' || search.words),
              ).map((order) => ({ value: order, label: t.orders[order] }))}
            />
          </Field>
        </div>
      </div>
      <Chosen
        search={search}
        change={change}
        categoryName={nameOf(search, facets.data.value?.facets.categories)}
      />
      <div class="search__columns">
        <Later>
          <aside class="search__filters" aria-label={t.filters}>
            {filters}
          </aside>
        </Later>
        <Later>
          <section class="search__results" aria-label={t.results}>
            {pages.error.value && <Failure error={pages.error.value} retry={pages.reload} />}
            {!(pages.error.value && pages.nodes.value === null) && (
              <PagedGrid pages={pages} eager={4} empty={<Nothing search={search} change={change} />} />
            )}
          </section>
        </Later>
      </div>
      <Later>
        <Sheet
          open={isOpen.value}
          title={t.filters}
          onClose={() => (isOpen.value = false)}
          actions={
            <Button variant="primary" wide onClick={() => (isOpen.value = false)}>
              {t.show(pages.total.value)}
            </Button>
          }
        >
          {filters}
        </Sheet>
      </Later>
    </div>
  )
}

const nameOf = (
  { category }: Search,
  facets: readonly { category: { name: string; slug: string } | null }[] | undefined,
): string | null => facets?.find((facet) => facet.category?.slug === category)?.category?.name ?? category

interface ChosenProps {
  search: Search
  categoryName: string | null
  change(next: Partial<Search>): void
}

/** What narrows the search, each to be taken away again. */
function Chosen({ search, categoryName, change }: ChosenProps) {
  const t = useTexts('search')
  const chosen: [string, Partial<Search>][] = []
  if (categoryName) chosen.push([categoryName, { category: null }])
  if (search.city) chosen.push([search.city, { city: null }])
  if (search.from || search.to) chosen.push([dateSpan(search.from, search.to), { from: null, to: null }])
  if (search.least !== null || search.most !== null)
    chosen.push([priceSpan(search.least, search.most, t), { least: null, most: null }])
  if (search.online !== null) chosen.push([search.online ? t.online : t.onSite, { online: null }])
  if (search.near) chosen.push([t.within(search.near.radiusKm), { near: null, order: null }])
  if (chosen.length === 0) return null
  return (
    <ul class="chosen" aria-label={t.chosen}>
      {chosen.map(([label, without]) => (
        <li key={label}>
          <button type="button" class="chip" onClick={() => change(without)}>
            {label}
            <Icon name="close" label={t.without} />
          </button>
        </li>
      ))}
    </ul>
  )
}

/** Nothing fits: what can be changed so that something does. */
function Nothing({ search, change }: { search: Search; change(next: Partial<Search>): void }) {
  const t = useTexts('search')
  const count = narrowings(search)
  return (
    <Empty
      title={search.words ? t.nothingOf(search.words) : t.nothing}
      text={
        <ul>
          {count > 0 && <li>{t.tryFewer}</li>}
          {search.words && <li>{t.tryWords}</li>}
          {search.near && <li>{t.tryFurther}</li>}
          {(search.from || search.to) && <li>{t.tryDates}</li>}
        </ul>
      }
      action={
        <>
          {search.near && (
            <Button
              onClick={() =>
                change({ near: search.near && { ...search.near, radiusKm: search.near.radiusKm * 4 } })
              }
            >
              {t.further}
            </Button>
          )}
          <Button
            variant="primary"
            href={count > 0 && search.words ? searchUrl({ words: search.words }) : '/search'}
          >
            {count > 0 && search.words ? t.withoutFilters : t.showAll}
          </Button>
        </>
      }
    />
  )
}
