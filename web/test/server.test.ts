import { request } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { brotliDecompressSync } from 'node:zlib'
import type { BrowserContext, Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Draw } from '../server/drawing.ts'
import { approvedEvent, signUpOrganizer, ticketType } from '../../e2e/test/builders.ts'
import { sendPicture } from '../../scripts/seed.ts'
import { describeInBrowser, openStage, type Stage } from './stage.ts'

/** What draws pages, as the server loads it; with another query it is loaded anew. */
const DRAWING = pathToFileURL(join(import.meta.dirname, '../dist/.draw/draw.js')).href

/** What the app takes over as it is. */
const KEPT =
  'h1, .search-box, .categories > *, .event-card, .event-card a, .event__side *, .search__filters *'

const HOSTILE = '</script><img src=x onerror=alert(1)> "Rock" & \'Roll\' <!--'

describeInBrowser('pages that anybody may see', () => {
  let stage: Stage
  let slug: string
  let eventId: string
  let organizerSlug: string

  beforeAll(async () => {
    stage = await openStage()
    const organizer = await signUpOrganizer(stage, stage.admin)
    eventId = await approvedEvent(stage, stage.admin, organizer, {
      title: HOSTILE,
      description: `${HOSTILE}\u2028`,
    })
    const png = await sharp({ create: { width: 1_280, height: 720, channels: 3, background: 'teal' } })
      .png()
      .toBuffer()
    const imageUploadId = await sendPicture(stage.run, stage.origin, organizer.token, 'EVENT_IMAGE', png)
    await stage.run(
      'mutation ($input: UpdateEventInput!) { updateEvent(input: $input) { id } }',
      { input: { id: eventId, imageUploadId } },
      organizer.token,
    )
    await ticketType(stage, organizer, eventId, { name: 'Standing', price: 150_000, quota: 100 })
    const { event } = await stage.run(
      'query ($id: ID!) { event(id: $id) { slug organizer { organizerProfile { slug } } } }',
      { id: eventId },
    )
    slug = event.slug
    organizerSlug = event.organizer.organizerProfile.slug
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(stage.origin + path, { headers, redirect: 'manual' })

  it('line 23: show an event whatever it is called, and break no rule of their policy', async () => {
    await using visitor = await stage.visit({ language: 'en' })
    const { page } = visitor
    const answer = await page.goto(`/events/${slug}`)
    expect(answer?.status()).toBe(200)
    expect(answer?.headers()['content-security-policy']).toContain("require-trusted-types-for 'script'")
    await page.locator('h1').first().waitFor()
    const head = await page.evaluate(() => ({
      description: document.querySelector('meta[name=description]')?.getAttribute('content'),
      canonical: document.querySelector('link[rel=canonical]')?.getAttribute('href'),
      structured: JSON.parse(document.querySelector('script[type="application/ld+json"]')?.textContent ?? ''),
    }))
    expect(head.description).toContain('Rock')
    expect(head.canonical).toBe(`${stage.origin}/events/${slug}`)
    expect(head.structured).toMatchObject({
      '@type': 'Event',
      name: HOSTILE,
      offers: [{ price: '150000', priceCurrency: 'IDR', availability: 'https://schema.org/InStock' }],
    })
  })

  it('are drawn as the app draws them, which then takes them over and moves nothing', async () => {
    await using without = await stage.visit({ width: 'phone', context: { javaScriptEnabled: false } })
    await using visitor = await stage.visit({ width: 'phone' })
    await markDrawn(visitor.context)
    for (const path of ['/', '/search', `/events/${slug}`]) {
      const whole = await lookOf(without.page, path)
      expect(whole.filter(({ box }) => box === null)).toEqual([])
      expect(await lookOf(visitor.page, path)).toEqual(whole)
      await visitor.page.locator('.shell-header__menus button').first().click() // which the app answers
      await visitor.page.locator('.shell-header__menus [popover]:popover-open').first().waitFor()
      expect(await addedTo(visitor.page)).toEqual([])
      // Which was loaded before the app could hear of it: nothing of the blur stands in its place any more.
      await visitor.page.locator('.picture__image').first().waitFor()
      expect(await visitor.page.locator('.picture__placeholder').count()).toBe(0)
    }
  })

  it('are drawn whole by a server that has drawn nothing before', async () => {
    for (const path of ['/', '/search', `/events/${slug}`, `/organizers/${organizerSlug}`]) {
      const [, data = ''] = /id="first-paint">(.*?)<\/script>/.exec(await (await get(path)).text()) ?? []
      const { draw } = (await import(`${DRAWING}?for=${path}`)) as { draw: Draw }
      const drawn = async () => {
        const html = await draw(path, { language: 'id', theme: undefined }, JSON.parse(data))
        // What waited for its code stands between comments, and had its ids later than others.
        return html.replaceAll(/<!--\/?\$s-->|\bP\d+-\d+/g, '')
      }
      const first = await drawn()
      expect(first).toContain('Rock')
      expect(first).toBe(await drawn())
    }
  })

  it('begin in the language and theme that somebody has chosen', async () => {
    const english = await (await get('/', { 'accept-language': 'en' })).text()
    expect(english).toContain('<html lang="en">')
    const chosen = await (
      await get('/', { 'accept-language': 'en', cookie: 'karcis-language=id; karcis-theme=dark' })
    ).text()
    expect(chosen).toContain('<html lang="id" data-theme="dark">')
    expect(chosen).toContain('application/ld+json')
  })

  it('are sent once, compressed, and by one address', async () => {
    const path = `/events/${slug}`
    const whole = await get(path)
    expect(whole.headers.get('vary')).toBe('Origin, Accept-Encoding, Accept-Language, Cookie')
    const etag = whole.headers.get('etag') ?? ''
    const again = await get(path, { 'if-none-match': etag })
    expect([again.status, await again.text()]).toEqual([304, ''])
    const coded = await rawGet(stage.origin + path, { 'accept-encoding': 'br' })
    expect(coded.headers['content-encoding']).toBe('br')
    expect(brotliDecompressSync(coded.body).toString()).toBe(await whole.text())
    // Mails name events by id.
    for (const name of [slug.toUpperCase(), eventId]) {
      const led = await get(`/events/${name}?from=mail`)
      expect([led.status, led.headers.get('location')]).toEqual([301, `${path}?from=mail`])
    }
  })

  it('say that there is none where there is none', async () => {
    await using visitor = await stage.visit()
    visitor.expectProblem(/404/)
    for (const path of ['/events/nobody-knows-it', '/organizers/nobody-knows-them']) {
      const answer = await visitor.page.goto(path)
      expect(answer?.status()).toBe(404)
      expect(await answer?.text()).toContain('<meta name="robots" content="noindex">')
    }
    for (const path of ['/assets/none.js', '/wp-login.php', '/sitemap-9.xml', '/embed/nobody-knows-it.json'])
      expect((await get(path)).status).toBe(404)
  })

  it('are listed for search engines', async () => {
    const robots = await (await get('/robots.txt')).text()
    expect(robots).toContain(`Sitemap: ${stage.origin}/sitemap.xml`)
    expect(await (await get('/sitemap.xml')).text()).toContain(`<loc>${stage.origin}/sitemap-1.xml</loc>`)
    const part = await (await get('/sitemap-1.xml')).text()
    expect(part).toContain(`<loc>${stage.origin}/events/${slug}</loc>`)
    expect(part).toContain(`<loc>${stage.origin}/organizers/${organizerSlug}</loc>`)
  })

  it('leave to the app what only the app knows', async () => {
    const page = await get('/tickets/0190a0e0-0000-7000-8000-000000000000')
    expect(page.headers.get('content-type')).toContain('text/html')
    expect(await page.text()).toContain('noindex')
    const door = await get('/door')
    expect(door.headers.get('content-security-policy')).toContain("script-src 'self' 'wasm-unsafe-eval'")
    expect(page.headers.get('content-security-policy')).not.toContain('wasm')
  })

  it('keep their scripts for ever, by names that say what is in them', async () => {
    const page = await (await get('/')).text()
    const [, script = ''] = /src="(\/assets\/[^"]+\.js)"/.exec(page) ?? []
    const coded = await rawGet(stage.origin + script, { 'accept-encoding': 'gzip, br' })
    expect(coded.headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-encoding': 'br',
      'content-type': 'text/javascript; charset=utf-8',
    })
    expect(coded.headers['content-security-policy']).toContain("default-src 'none'")
  })
})

/** Remembers which elements of a page the server has drawn. */
const markDrawn = (context: BrowserContext): Promise<unknown> =>
  context.addInitScript(() => {
    document.addEventListener('readystatechange', () => {
      if (document.readyState !== 'interactive') return // from then on scripts of modules run
      for (const element of document.querySelectorAll('main *')) Object.assign(element, { wasDrawn: true })
    })
  })

/** What the app has made anew, or once more, of what it should have taken over. */
const addedTo = (page: Page): Promise<string[]> =>
  page.evaluate((among) => {
    const elements = [...document.querySelectorAll(among)]
    return elements.filter((element) => !('wasDrawn' in element)).map(({ className }) => className)
  }, KEPT)

/** What is read on a page before anything else, and where it stands. */
async function lookOf(page: Page, path: string) {
  await page.goto(path, { waitUntil: 'networkidle' })
  const names =
    path === '/'
      ? ['h1', '.search-box', '.event-card']
      : path === '/search'
        ? ['.search-box', '.event-card']
        : ['h1', '.event__picture']
  return Promise.all(
    names.map(async (name) => {
      const element = page.locator(name).first()
      return { name, text: await element.innerText(), box: await element.boundingBox() }
    }),
  )
}

/** As it comes: `fetch` would undo the coding. */
function rawGet(url: string, headers: Record<string, string>) {
  const { promise, resolve, reject } = Promise.withResolvers<{
    headers: NodeJS.Dict<string | string[]>
    body: Buffer
  }>()
  request(url, { headers, family: 4 }, (answer) => {
    const parts: Buffer[] = []
    answer.on('data', (part: Buffer) => parts.push(part))
    answer.on('end', () => resolve({ headers: answer.headers, body: Buffer.concat(parts) }))
  })
    .on('error', reject)
    .end()
  return promise
}
