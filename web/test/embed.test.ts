import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { approvedEvent, signUpOrganizer, ticketType } from '../../e2e/test/builders.ts'
import { describeInBrowser, openStage, type Stage } from './stage.ts'

describeInBrowser('an event on somebody else’s site', () => {
  let stage: Stage
  let slug: string
  beforeAll(async () => {
    stage = await openStage()
    const organizer = await signUpOrganizer(stage, stage.admin)
    const id = await approvedEvent(stage, stage.admin, organizer, { title: '<b>Jazz</b> & more' })
    await ticketType(stage, organizer, id, { name: 'Standing', price: 125_000, quota: 100 })
    slug = (await stage.run('query ($id: ID!) { event(id: $id) { slug } }', { id })).event.slug
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  /** A site of another origin, as strict as one can be. */
  async function openSite(element: string) {
    const policy = `default-src 'none'; script-src ${stage.origin}; connect-src ${stage.origin}; img-src ${stage.origin}; require-trusted-types-for 'script'; trusted-types 'none'`
    const page = `<!doctype html><html lang="en"><title>A club</title><h1>Tonight</h1><script type="module" src="${stage.origin}/embed.js"></script>${element}</html>`
    const server = createServer((request, response) => {
      if (request.url !== '/') return void response.writeHead(204).end()
      response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy }).end(page)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      async [Symbol.asyncDispose]() {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      },
    }
  }

  it('shows its name, date and price as they are now, and leads to it in the whole tab', async () => {
    await using site = await openSite(`<karcis-event event="${slug}"></karcis-event>`)
    await using visitor = await stage.visit({ language: 'en', width: 'phone' })
    const { page } = visitor
    await page.goto(site.url)
    const card = page.locator('karcis-event')
    await card.getByRole('heading', { name: '<b>Jazz</b> & more' }).waitFor()
    expect(await card.locator('article').textContent()).toMatch(/From IDR\s125,000/)
    expect(await card.evaluate((element) => element.scrollWidth <= innerWidth)).toBe(true)
    const button = card.getByRole('link', { name: 'Get tickets' })
    expect(await button.getAttribute('target')).toBe('_top')
    await button.click()
    await page.waitForURL(`${stage.origin}/events/${slug}`)
  })

  it('speaks the language that it is told, and is a way to the event where nothing is known of it', async () => {
    await using site = await openSite(
      `<karcis-event event="${slug}" lang="id" theme="dark"></karcis-event><karcis-event event="nobody-knows-it"></karcis-event>`,
    )
    await using visitor = await stage.visit({ language: 'en' })
    visitor.expectProblem(/404/)
    await visitor.page.goto(site.url)
    const [known, unknown] = [
      visitor.page.locator('karcis-event').first(),
      visitor.page.locator('karcis-event').last(),
    ]
    await known.getByRole('link', { name: 'Beli tiket' }).waitFor()
    const way = unknown.getByRole('link', { name: 'See tickets on Karcis' })
    expect(await way.getAttribute('href')).toBe(`${stage.origin}/events/nobody-knows-it`)
  })
})
