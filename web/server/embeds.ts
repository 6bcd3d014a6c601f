import { decimalsOf } from '@karcis/kit/contracts/currencies'
import type { Logger } from '@karcis/kit/log'
import { noteOutage } from '@karcis/kit/outages'
import type { Api } from './api.ts'
import { Kept } from './kept.ts'
import type { Text } from './sender.ts'

const EMBEDDED = `query EmbeddedEvent($slug: String!) {
  event(slug: $slug) {
    slug title status startsAt timezone online salesPaused
    image { url(width: 768) }
    venue { name city } location { name city }
    priceRange { min currency }
    ticketTypes { saleStatus hidden }
  }
}`

interface Embedded {
  slug: string
  title: string
  status: string
  startsAt: string
  timezone: string
  online: boolean
  salesPaused: boolean
  image: { url: string } | null
  venue: { name: string; city: string } | null
  location: { name: string; city: string } | null
  priceRange: { min: number; currency: string } | null
  ticketTypes: { saleStatus: string; hidden: boolean }[] | null
}

const PATH = /^\/embed\/([^/]{1,400})\.json$/
const FRESH_MS = 15_000
const STALE_MS = 120_000
const MOST_KEPT = 4_000_000

/** What a card of an event on another site shows (`src/embed`): the same for everybody, and for pages of any site. */
export interface Embeds {
  /** Undefined for other paths; undefined in the end where there is no such event. */
  find(path: string): Promise<Text | undefined> | undefined
}

/** @param publicUrl where people open Karcis, without a slash behind it. */
export function createEmbeds(api: Api, publicUrl: string, log: Logger): Embeds {
  const kept = new Kept<{ text: Text | undefined }>({
    ask: async (slug) => {
      const { data } = await api.ask<{ event: Embedded | null }>(EMBEDDED, { slug })
      return { text: data.event ? textOf(data.event) : undefined }
    },
    freshMs: () => FRESH_MS,
    staleMs: STALE_MS,
    maxSize: MOST_KEPT,
    sizeOf: ({ text }) => text?.body.length ?? 0,
  })

  function textOf(event: Embedded): Text {
    const { slug, title, startsAt, timezone, online, image, priceRange } = event
    const place = event.venue ?? event.location
    const card = {
      title,
      url: `${publicUrl}/events/${encodeURIComponent(slug)}`,
      startsAt,
      timezone,
      online,
      place: place && { name: place.name, city: place.city },
      image: image && new URL(image.url, publicUrl).href,
      price: priceRange && {
        from: priceRange.min / 10 ** decimalsOf(priceRange.currency),
        currency: priceRange.currency,
      },
      state: stateOf(event),
    }
    return { type: 'application/json; charset=utf-8', body: JSON.stringify(card), headers: HEADERS }
  }

  return {
    find(path) {
      const [, written] = PATH.exec(path) ?? []
      if (written === undefined) return undefined
      return ask(written)
    },
  }

  async function ask(written: string): Promise<Text | undefined> {
    try {
      return (await kept.get(decodeURIComponent(written).toLowerCase())).text
    } catch (error) {
      if (!(error instanceof URIError)) noteOutage(log, 'router', (error as Error).message)
      return undefined
    }
  }
}

/** Whether there is something to be had: `CANCELLED`, `ENDED`, or the best that any of its ticket types has. */
function stateOf({ status, salesPaused, ticketTypes }: Embedded): string {
  if (status === 'CANCELLED') return 'CANCELLED'
  if (status === 'COMPLETED') return 'ENDED'
  if (salesPaused) return 'PAUSED'
  const states = (ticketTypes ?? []).filter((type) => !type.hidden).map((type) => type.saleStatus)
  return (
    ['ON_SALE', 'UPCOMING', 'SOLD_OUT', 'PAUSED', 'ENDED'].find((each) => states.includes(each)) ?? 'CLOSED'
  )
}

/** Pages of any site may read it. */
export const OPEN_TO_ALL = {
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
}

const HEADERS = {
  ...OPEN_TO_ALL,
  'cache-control': 'public, max-age=15, stale-while-revalidate=60',
}
