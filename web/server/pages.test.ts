import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Build, BuildFile } from './build-files.ts'
import { createPages } from './pages.ts'
import { preferencesOf } from './preferences.ts'
import type { PublicPage } from './public-pages.ts'
import { eventData } from './structured-data.ts'
import { shorten } from './words.ts'

const STYLES = '.event > h1 { color: red }'

const file = (body: string): BuildFile => ({
  type: 'text/css',
  etag: '',
  immutable: true,
  body: Buffer.from(body),
  coded: {},
})

const BUILD: Build = {
  files: new Map([['/assets/event.css', file(STYLES)]]),
  template:
    '<!doctype html><html lang="id"><head><title>Karcis</title><!-- head --><link rel="stylesheet" crossorigin href="/assets/event.css"></head><body><div id="app"></div><!-- first-paint --><script type="module" src="/assets/app.js"></script></body></html>',
  chunks: {
    'event-page': {
      file: 'assets/event.js',
      css: ['assets/event.css'],
      imports: ['_ui.js'],
    },
    '_ui.js': { file: 'assets/ui.js' },
  },
}

/** What would break out of an element, an attribute, a script, a comment or a replacement. */
const HOSTILE =
  '</script><script>alert(1)</script> "\' <!-- $& $1 \u2028\u2029 &amp; <img src=x onerror=alert(2)>'

const event = {
  id: 'e',
  slug: 'night',
  title: HOSTILE,
  description: HOSTILE,
  status: 'APPROVED',
  startsAt: '2027-06-12T12:00:00.000Z',
  endsAt: '2027-06-12T15:00:00.000Z',
  timezone: 'Asia/Jakarta',
  online: false,
  currency: 'USD',
  salesPaused: false,
  rescheduledAt: null,
  image: {
    small: '/files/key/384',
    medium: '/files/key/768',
    large: '/files/key/1280',
    width: 1_280,
    height: 720,
  },
  venue: { name: HOSTILE, address: 'Jl. Satu 1', city: 'Jakarta', latitude: -6.2, longitude: 106.8 },
  location: null,
  category: null,
  organizer: { name: 'Rara', organizerProfile: { slug: 'rara-presents', name: 'Rara Presents' } },
  rating: { count: 2, mean: 4.5 },
  ticketTypes: [
    {
      name: 'Front',
      kind: 'PAID',
      price: 1_250,
      currency: 'USD',
      saleStatus: 'ON_SALE',
      saleStartsAt: null,
      hidden: false,
    },
    {
      name: 'Secret',
      kind: 'PAID',
      price: 1,
      currency: 'USD',
      saleStatus: 'ON_SALE',
      saleStartsAt: null,
      hidden: true,
    },
    {
      name: 'Early',
      kind: 'PAID',
      price: 1,
      currency: 'USD',
      saleStatus: 'ENDED',
      saleStartsAt: null,
      hidden: false,
    },
  ],
  priceRange: { min: 1_250, max: 1_250, currency: 'USD' },
}

const page: PublicPage = {
  status: 200,
  kind: 'event',
  path: '/events/night',
  picture: event.image,
  structured: eventData(event, 'https://karcis.example/events/night'),
  data: { 'EventPage:{"slug":"night"}': { event: { title: HOSTILE } } },
  isWhole: true,
  describe: () => ({ title: HOSTILE, description: HOSTILE }),
}

const ENGLISH = { language: 'en', theme: 'dark' } as const
const scriptsOf = (html: string): string[] =>
  [...html.matchAll(/<script[^>]*>([^]*?)<\/script>/g)].map(([, text = '']) => text)

describe('a page as it is sent', () => {
  const drawn =
    '<h1>Night</h1><img class="picture__image" sizes="94vw" srcset="/files/key/384 384w" src="/files/key/768" fetchpriority="high">'
  const pages = createPages(BUILD, async () => drawn, 'https://karcis.example')

  it('line 23: lets nothing out of the place that it was written into, whatever people call things', async () => {
    const html = await pages.write(page, '/events/night', false, ENGLISH)
    const [structured = '', data = '', app = ''] = scriptsOf(html)
    expect(scriptsOf(html)).toHaveLength(3)
    expect(app).toBe('')
    expect(JSON.parse(structured)).toMatchObject({ name: HOSTILE, location: { name: HOSTILE } })
    expect(JSON.parse(data)).toEqual(page.data)
    expect(structured + data).not.toMatch(/[<\u2028\u2029]/)
    expect(html).not.toMatch(/<img src=x|<!-- \$|alert\(1\)<\/script>/)
    expect(html.match(/<title>/g)).toHaveLength(1)
    expect(html).toContain('<html lang="en" data-theme="dark">')
  })

  it('tells the browser from the first moment what the page is made of', async () => {
    const html = await pages.write(page, '/events/night', false, ENGLISH)
    for (const name of ['event', 'ui'])
      expect(html).toContain(`<link rel="modulepreload" href="/assets/${name}.js" crossorigin>`)
  })

  it('has its styles in it, which its policy names, and where it is not drawn asks for them', async () => {
    const html = await pages.write(page, '/events/night', false, ENGLISH)
    expect(html).toContain(`<style data-href="/assets/event.css">${STYLES}</style>`)
    expect(html).not.toContain('rel="stylesheet"')
    const hash = createHash('sha256').update(STYLES).digest('base64')
    expect(pages.styleSources(page)).toEqual([`'sha256-${hash}'`])
    const failed = createPages(BUILD, async () => '', 'https://karcis.example')
    const bare = await failed.write(page, '/events/night', false, ENGLISH)
    expect(bare).not.toContain('<style')
    expect(bare).toContain('<link rel="stylesheet" href="/assets/event.css" crossorigin>')
  })

  it('is there as the app draws it, and its picture is asked for before its scripts', async () => {
    const html = await pages.write(page, '/events/night', false, ENGLISH)
    expect(html).toContain(`<div id="app">${drawn}</div>`)
    const picture =
      '<link rel="preload" as="image" imagesrcset="/files/key/384 384w" imagesizes="94vw" fetchpriority="high">'
    expect(html.indexOf(picture)).toBeGreaterThan(html.indexOf('<style'))
    expect(html.indexOf(picture)).toBeLessThan(html.indexOf('rel="modulepreload"'))
  })

  it('tells search engines where it is, or that it is not for them', async () => {
    const shown = await pages.write(page, '/events/night', false, ENGLISH)
    expect(shown).toContain('<link rel="canonical" href="https://karcis.example/events/night">')
    expect(shown).toContain('<meta property="og:image" content="https://karcis.example/files/key/1280.jpg">')
    expect(shown).not.toContain('noindex')
    const hidden = await pages.write(null, null, true, ENGLISH)
    expect(hidden).toContain('<meta name="robots" content="noindex">')
    expect(hidden).not.toContain('canonical')
    const unknown = await pages.write(null, null, false, ENGLISH)
    expect(unknown).not.toMatch(/noindex|canonical/)
    const missing = await pages.write({ ...page, status: 404, path: '' }, '/events/x', false, ENGLISH)
    expect(missing).toContain('noindex')
  })
})

describe('an event for search engines', () => {
  it('offers what can be bought, at its price', () => {
    expect(eventData(event, 'https://karcis.example/events/night')).toMatchObject({
      '@type': 'Event',
      startDate: event.startsAt,
      eventStatus: 'https://schema.org/EventScheduled',
      eventAttendanceMode: 'https://schema.org/OfflineEventAttendanceMode',
      image: ['https://karcis.example/files/key/1280.jpg'],
      organizer: { name: 'Rara Presents', url: 'https://karcis.example/organizers/rara-presents' },
      offers: [
        { name: 'Front', price: '12.50', priceCurrency: 'USD', availability: 'https://schema.org/InStock' },
      ],
      aggregateRating: { ratingValue: 4.5, ratingCount: 2 },
    })
    expect(eventData(event, 'https://karcis.example/e')).toHaveProperty('offers.length', 1)
  })

  it('says where it is to be joined', () => {
    const address = 'https://karcis.example/events/night'
    const online = { ...event, online: true, venue: null, status: 'CANCELLED' }
    expect(eventData(online, address)).toMatchObject({
      location: { '@type': 'VirtualLocation', url: address },
      eventAttendanceMode: 'https://schema.org/OnlineEventAttendanceMode',
      eventStatus: 'https://schema.org/EventCancelled',
    })
    expect(eventData({ ...event, online: true }, address)).toMatchObject({
      location: [{ '@type': 'Place' }, { '@type': 'VirtualLocation' }],
    })
  })
})

describe('what somebody likes to read', () => {
  it.each([
    [{}, 'id', undefined],
    [{ 'accept-language': 'fr, en;q=0.4, id;q=0.2' }, 'en', undefined],
    [{ 'accept-language': 'en;q=0, id-ID' }, 'id', undefined],
    [{ 'accept-language': 'en-GB', cookie: 'a=b; karcis-language=id; karcis-theme=dark' }, 'id', 'dark'],
    [{ 'accept-language': 'en', cookie: 'karcis-language="><script>; karcis-theme=x' }, 'en', undefined],
  ])('is told by what they chose, else by their browser: %j', (headers, language, theme) => {
    expect(preferencesOf(headers)).toEqual({ language, theme })
  })

  it('is cut between words', () => {
    expect(shorten('one  night\nonly', 20)).toBe('one night only')
    expect(shorten('one night only', 12)).toBe('one night…')
  })
})
