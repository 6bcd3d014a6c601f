import type { SearchFacetsResult } from '../generated/discover/search.ts'
import { money, number } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import { day, month } from '../texts/times.ts'
import { Field } from '../ui/field.tsx'
import { TextInput } from '../ui/text-input.tsx'
import { dayOf, type Search, searchUrl, weekendOf } from './search-url.ts'

type Facets = SearchFacetsResult['facets']

interface SearchFiltersProps {
  search: Search
  /** Null while they are not known; then nothing jumps, for what is chosen is shown above. */
  facets: Facets | null
  change(next: Partial<Search>): void
}

const SHOWN = 8

/** What the search can be narrowed to, each with how much there is of it. All are links: they can be opened beside. */
export function SearchFilters({ search, facets, change }: SearchFiltersProps) {
  const t = useTexts('search')
  const choices = (next: Partial<Search>) => searchUrl({ ...search, ...next })
  return (
    <div class="filters">
      <Facet
        title={t.category}
        choices={facets?.categories.flatMap(({ category, count }) =>
          category
            ? [
                {
                  label: category.name,
                  count,
                  current: category.slug === search.category,
                  href: choices({ category: category.slug === search.category ? null : category.slug }),
                },
              ]
            : [],
        )}
      />
      <section class="filters__part">
        <h2 class="filters__title">{t.when}</h2>
        <ul class="filters__chips">
          {spans(new Date(), t).map(({ label, from, to }) => {
            const current = search.from === from && search.to === to
            return (
              <li key={label}>
                <a
                  class="chip"
                  aria-current={current ? 'true' : undefined}
                  href={choices(current ? { from: null, to: null } : { from, to })}
                >
                  {label}
                </a>
              </li>
            )
          })}
        </ul>
        <div class="filters__days">
          <Field label={t.from}>
            <TextInput
              type="date"
              value={search.from ?? ''}
              onChange={({ currentTarget }) => change({ from: currentTarget.value || null })}
            />
          </Field>
          <Field label={t.to}>
            <TextInput
              type="date"
              value={search.to ?? ''}
              min={search.from ?? undefined}
              onChange={({ currentTarget }) => change({ to: currentTarget.value || null })}
            />
          </Field>
        </div>
      </section>
      <Facet
        title={t.city}
        choices={facets?.cities.map(({ city, count }) => ({
          label: city,
          count,
          current: city === search.city,
          href: choices({ city: city === search.city ? null : city, near: null }),
        }))}
      />
      <Facet
        title={t.price}
        choices={facets?.prices.map(({ from, to, currency, count }) => {
          const current = search.least === from && search.most === to
          return {
            label:
              from === to
                ? to === 0
                  ? t.free
                  : money(to, currency)
                : `${money(from, currency)} – ${money(to, currency)}`,
            count,
            current,
            href: choices(current ? { least: null, most: null } : { least: from, most: to }),
          }
        })}
      />
      <Facet
        title={t.month}
        choices={facets?.months.map((facet) => {
          const [from, to] = daysOf(facet.month)
          const current = search.from === from && search.to === to
          return {
            label: month(facet.month),
            count: facet.count,
            current,
            href: choices(current ? { from: null, to: null } : { from, to }),
          }
        })}
      />
      <Facet
        title={t.form}
        choices={facets?.online.map(({ online, count }) => ({
          label: online ? t.online : t.onSite,
          count,
          current: search.online === online,
          href: choices({ online: search.online === online ? null : online }),
        }))}
      />
    </div>
  )
}

interface Choice {
  readonly label: string
  readonly count: number
  readonly current: boolean
  readonly href: string
}

function Facet({ title, choices }: { title: string; choices: readonly Choice[] | undefined }) {
  if (!choices || choices.length === 0) return null
  return (
    <section class="filters__part">
      <h2 class="filters__title">{title}</h2>
      <ul class="filters__list">
        {choices
          .filter(({ current }, index) => current || index < SHOWN)
          .map(({ label, count, current, href }) => (
            <li key={label}>
              <a class="filters__choice" href={href} aria-current={current ? 'true' : undefined}>
                <span>{label}</span>
                <span class="filters__count">{number(count)}</span>
              </a>
            </li>
          ))}
      </ul>
    </section>
  )
}

type Texts = ReturnType<typeof useTexts<'search'>>

function spans(now: Date, t: Texts): { label: string; from: string; to: string }[] {
  const tomorrow = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1)
  return [
    { label: t.today, from: dayOf(now), to: dayOf(now) },
    { label: t.tomorrow, from: dayOf(tomorrow), to: dayOf(tomorrow) },
    { label: t.weekend, ...weekendOf(now) },
  ]
}

/** The first and the last day of a month. @param month as `2026-12`. */
function daysOf(month: string): [string, string] {
  const [year = 0, at = 1] = month.split('-').map(Number)
  const last = new Date(year, at, 0).getDate()
  return [`${month}-01`, `${month}-${String(last).padStart(2, '0')}`]
}

/** Days in words: one, a span, or open at one end. */
export function dateSpan(from: string | null, to: string | null): string {
  if (from === to || to === null) return `${day(from ?? '')}${to === null ? ' →' : ''}`
  return from === null ? `→ ${day(to)}` : `${day(from)} – ${day(to)}`
}

/** Prices in words, of rupiah. */
export function priceSpan(least: number | null, most: number | null, t: Texts): string {
  if (most === 0) return t.free
  const written = [least, most].map((amount) => (amount === null ? '' : money(amount, 'IDR')))
  return written.join(' – ').trim()
}
