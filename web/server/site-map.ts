import { escapeHtml } from '@karcis/kit/html'
import type { Logger } from '@karcis/kit/log'
import { noteOutage } from '@karcis/kit/outages'
import type { Api } from './api.ts'
import { Kept } from './kept.ts'
import type { Text } from './sender.ts'

const EVENTS = `query SiteMap($after: String) {
  events(first: 100, after: $after) {
    edges { node { slug updatedAt organizer { organizerProfile { slug updatedAt } } } }
    pageInfo { hasNextPage endCursor }
  }
}`

interface EventsPage {
  events: {
    edges: {
      node: {
        slug: string
        updatedAt: string
        organizer: { organizerProfile: { slug: string; updatedAt: string } | null }
      }
    }[]
    pageInfo: { hasNextPage: boolean; endCursor: string | null }
  }
}

/** A page, and when it changed last. */
type Entry = readonly [path: string, changed: string]

const FRESH_MS = 3_600_000
const STALE_MS = 86_400_000
/** Search engines take 50,000 of a file. */
const PER_FILE = 5_000
/** Of what is to come, the soonest. */
const MOST_PAGES = 1_000

const PART = /^\/sitemap-(\d{1,3})\.xml$/

/** What search engines are told: `robots.txt`, and all pages that anybody may see. */
export interface SiteMap {
  /** Undefined for other paths; undefined in the end where there is no such part, or nobody knows it just now. */
  find(path: string): Promise<Text | undefined> | undefined
}

/** @param publicUrl where people open Karcis, without a slash behind it. */
export function createSiteMap(api: Api, publicUrl: string, log: Logger): SiteMap {
  const kept = new Kept<{ entries: Entry[] }>({
    ask: async () => ({ entries: await collect() }),
    freshMs: () => FRESH_MS,
    staleMs: STALE_MS,
    maxSize: 2,
    sizeOf: () => 1,
  })

  async function collect(): Promise<Entry[]> {
    const found = new Map<string, string>()
    let after: string | null = null
    for (let page = 0; page < MOST_PAGES; page++) {
      const { data }: { data: EventsPage } = await api.ask<EventsPage>(EVENTS, { after })
      for (const { node } of data.events.edges) {
        found.set(`/events/${encodeURIComponent(node.slug)}`, node.updatedAt)
        const profile = node.organizer.organizerProfile
        if (profile) found.set(`/organizers/${encodeURIComponent(profile.slug)}`, profile.updatedAt)
      }
      after = data.events.pageInfo.endCursor
      if (!data.events.pageInfo.hasNextPage) break
    }
    return [...found]
  }

  async function write(part: number | null): Promise<Text | undefined> {
    try {
      const { entries } = await kept.get('all')
      const parts = Math.max(1, Math.ceil(entries.length / PER_FILE))
      if (part === null) return index(parts)
      if (part < 1 || part > parts) return undefined
      return listing(entries.slice((part - 1) * PER_FILE, part * PER_FILE))
    } catch (error) {
      noteOutage(log, 'router', (error as Error).message)
      return undefined
    }
  }

  const index = (parts: number): Text =>
    xml(
      'sitemapindex',
      Array.from({ length: parts }, (_, part) => `<sitemap>${loc(`/sitemap-${part + 1}.xml`)}</sitemap>`),
    )

  const listing = (entries: readonly Entry[]): Text =>
    xml(
      'urlset',
      entries.map(([path, changed]) => `<url>${loc(path)}<lastmod>${escapeHtml(changed)}</lastmod></url>`),
    )

  const loc = (path: string): string => `<loc>${escapeHtml(publicUrl + path)}</loc>`

  return {
    find(path) {
      if (path === '/robots.txt') return Promise.resolve(robots(publicUrl))
      if (path === '/sitemap.xml') return write(null)
      const [, part] = PART.exec(path) ?? []
      return part === undefined ? undefined : write(Number(part))
    },
  }
}

const FOR_A_WHILE = { 'cache-control': 'public, max-age=3600' }

const xml = (element: string, lines: readonly string[]): Text => ({
  type: 'application/xml; charset=utf-8',
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<${element} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${lines.join('\n')}\n</${element}>\n`,
  headers: FOR_A_WHILE,
})

/** What is somebody's own is not to be looked for, and neither is what programs read. */
const PRIVATE = ['/account', '/bookings', '/door', '/graphql', '/ide', '/outbox', '/sign-in', '/tickets']

const robots = (publicUrl: string): Text => ({
  type: 'text/plain; charset=utf-8',
  body: [
    'User-agent: *',
    ...PRIVATE.map((path) => `Disallow: ${path}`),
    `Sitemap: ${publicUrl}/sitemap.xml`,
    '',
  ].join('\n'),
  headers: FOR_A_WHILE,
})
