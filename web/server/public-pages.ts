import type { Logger } from '@karcis/kit/log'
import { noteOutage } from '@karcis/kit/outages'
import type { Answer, Api } from './api.ts'
import { EVENT_FACTS, type EventFacts, ORGANIZER_FACTS, type OrganizerFacts, type Picture } from './facts.ts'
import { FIRST_QUERIES, type FirstQuery } from './first-queries.ts'
import { Kept } from './kept.ts'
import type { Language } from './preferences.ts'
import { eventData, organizerData, siteData } from './structured-data.ts'
import { priceOf, shorten, whenOf, whereOf, wordsOf } from './words.ts'

/** What a page says of itself, in one language. */
export interface Description {
  title: string
  description: string
}

/** A page that anybody may see, as it was asked for last. */
export interface PublicPage {
  status: 200 | 404
  kind: 'home' | 'search' | 'event' | 'organizer'
  /** Its one path: who comes by another is sent here. */
  path: string
  picture: Picture | null
  /** For search engines (schema.org). */
  structured: object | null
  /** What the app asks first, by `operation:variables`. */
  data: Readonly<Record<string, unknown>>
  /** Whether that is all of it; not while a part of the platform is away. */
  isWhole: boolean
  describe(language: Language): Description
}

type FirstData = Pick<PublicPage, 'data' | 'isWhole'>

export interface PublicPages {
  /** Undefined for any other address; null where it is one, and the router does not answer. A search for anything in particular is left to the app, whose requests are counted by who makes them. */
  find(url: URL): Promise<PublicPage | null> | undefined
}

const FRESH_MS = 30_000
/** Of a page that lacks something: it is looked for again soon. */
const FRESH_IN_PART_MS = 1_000
const STALE_MS = 300_000
/** Of all pages that are kept, in characters. */
const MOST_KEPT = 60_000_000

const FOLDERS = { events: 'event', organizers: 'organizer' } as const
const PATH = /^\/(events|organizers)\/([^/]{1,400})\/?$/
const SEARCH = '/search'
const DESCRIPTION_LENGTH = 200

/** Ways in that search engines may show beside the pages of events and organizers. */
export const isListed = (path: string): boolean => path === SEARCH

/** @param publicUrl where people open Karcis, without a slash behind it. */
export function createPublicPages(api: Api, publicUrl: string, log: Logger): PublicPages {
  const kept = new Kept<PublicPage>({
    ask: (key) => make(key),
    freshMs: ({ isWhole }) => (isWhole ? FRESH_MS : FRESH_IN_PART_MS),
    staleMs: STALE_MS,
    maxSize: MOST_KEPT,
    sizeOf: ({ data, structured }) => JSON.stringify([data, structured]).length,
  })

  async function make(key: string): Promise<PublicPage> {
    const [, folder, slug = ''] = /^\/(\w+)\/(.+)$/.exec(key) ?? []
    if (folder === 'event') return eventPage(slug)
    if (folder === 'organizer') return organizerPage(slug)
    return key === SEARCH ? searchPage() : homePage()
  }

  async function homePage(): Promise<PublicPage> {
    return {
      ...(await firstData(FIRST_QUERIES.home())),
      status: 200,
      kind: 'home',
      path: '/',
      picture: null,
      structured: siteData(publicUrl),
      describe(language) {
        const { site, about } = wordsOf(language)
        return { title: site, description: about }
      },
    }
  }

  const searchPage = async (): Promise<PublicPage> => ({
    ...(await firstData(FIRST_QUERIES.search())),
    status: 200,
    kind: 'search',
    path: SEARCH,
    picture: null,
    structured: null,
    describe(language) {
      const { search, about } = wordsOf(language)
      return { title: `${search} · Karcis`, description: about }
    },
  })

  async function eventPage(slug: string): Promise<PublicPage> {
    const [facts, first] = await Promise.all([
      api.ask<{ event: EventFacts | null }>(EVENT_FACTS, { slug }),
      firstData(FIRST_QUERIES.event(slug)),
    ])
    const { event } = facts.data
    if (!event) return missing('event', facts, first)
    const path = pathOf('events', event.slug)
    return {
      ...first,
      status: 200,
      kind: 'event',
      path,
      picture: event.image,
      structured: eventData(event, publicUrl + path),
      describe(language) {
        const lines = [whenOf(event, language), whereOf(event)].filter(Boolean)
        const description = [lines.join(' · '), priceOf(event, language), event.description]
        return {
          title: `${event.title} · Karcis`,
          description: shorten(description.filter(Boolean).join(' '), DESCRIPTION_LENGTH),
        }
      },
    }
  }

  async function organizerPage(slug: string): Promise<PublicPage> {
    const [facts, first] = await Promise.all([
      api.ask<{ organizer: OrganizerFacts | null }>(ORGANIZER_FACTS, { slug }),
      firstData(FIRST_QUERIES.organizer(slug)),
    ])
    const { organizer } = facts.data
    if (!organizer) return missing('organizer', facts, first)
    const path = pathOf('organizers', organizer.slug)
    return {
      ...first,
      status: 200,
      kind: 'organizer',
      path,
      picture: organizer.image,
      structured: organizerData(organizer, publicUrl + path),
      describe(language) {
        const title = wordsOf(language).organizer(organizer.name)
        const description = shorten(organizer.about ?? title, DESCRIPTION_LENGTH)
        return { title: `${title} · Karcis`, description }
      },
    }
  }

  /** The page's first queries as the app makes them, those that were answered in full. */
  async function firstData(queries: readonly FirstQuery[]): Promise<FirstData> {
    const answers = await Promise.all(
      queries.map(async ({ name, document, variables }) => {
        const { data, whole } = await api.ask<unknown>(document, variables)
        return whole ? [[`${name}:${JSON.stringify(variables)}`, data] as const] : []
      }),
    )
    const known = answers.flat()
    return { data: Object.fromEntries(known), isWhole: known.length === queries.length }
  }

  /** @throws Error when it may only seem so, because a part of the platform is away. */
  function missing(kind: PublicPage['kind'], { whole }: Answer<unknown>, first: FirstData): PublicPage {
    if (!whole) throw new Error('it is not known whether it is there')
    return {
      ...first,
      status: 404,
      kind,
      path: '',
      picture: null,
      structured: null,
      describe(language) {
        const { missing: title, about } = wordsOf(language)
        return { title: `${title} · Karcis`, description: about }
      },
    }
  }

  return {
    find(url) {
      const key = keyOf(url)
      if (key === null) return undefined
      return kept.get(key).catch((error: Error) => {
        noteOutage(log, 'router', error.message)
        return null
      })
    },
  }
}

const pathOf = (folder: keyof typeof FOLDERS, slug: string): string =>
  `/${folder}/${encodeURIComponent(slug)}`

/** Names a page, whichever way its address is written; null for any other one. */
function keyOf({ pathname, search }: URL): string | null {
  if (pathname === '/') return '/home'
  if (pathname === SEARCH) return search === '' ? SEARCH : null
  const [, folder, written = ''] = PATH.exec(pathname) ?? []
  if (folder === undefined) return null
  try {
    return `/${FOLDERS[folder as keyof typeof FOLDERS]}/${decodeURIComponent(written).toLowerCase()}`
  } catch {
    return null // no address of ours is written so
  }
}
