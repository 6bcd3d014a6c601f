import type { BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { approvedEvent, createBooking, pay, signUpOrganizer, ticketType } from '../../e2e/test/builders.ts'
import { enter } from './people.ts'
import { describeInBrowser, openStage, type Stage } from './stage.ts'

/** Paths as the story fills them in: `:event`, `:organizer`, `:ticket`, `:booking`. */
const PUBLIC = [
  '/',
  '/search',
  '/events/:event',
  '/events/:event/buy',
  '/organizers/:organizer',
  '/sign-in',
  '/sign-up',
  '/tickets',
  '/door',
  '/ui',
  '/nobody-made-this-page',
]
const OWN = [
  '/tickets',
  '/tickets/:ticket',
  '/bookings',
  '/bookings/:booking',
  '/account',
  '/account/security',
  '/account/sessions',
  '/account/notifications',
  '/account/preferences',
  '/account/wallet',
  '/account/data',
  '/door',
]

describeInBrowser('every page', () => {
  let stage: Stage
  let signedIn: BrowserContextOptions['storageState']
  const names: Record<string, string> = {}

  beforeAll(async () => {
    stage = await openStage()
    const organizer = await signUpOrganizer(stage, stage.admin)
    const eventId = await approvedEvent(stage, stage.admin, organizer)
    const ticketTypeId = await ticketType(stage, organizer, eventId, {
      name: 'Standing',
      price: 150_000,
      quota: 100,
    })
    const { event } = await stage.run(
      'query ($id: ID!) { event(id: $id) { slug organizer { organizerProfile { slug } } } }',
      { id: eventId },
    )
    const { createBooking: booking } = await createBooking(stage, organizer, { ticketTypeId, quantity: 1 })
    const { confirmPayment: paid } = await pay(stage, organizer, booking.id)
    Object.assign(names, {
      ':event': event.slug,
      ':organizer': event.organizer.organizerProfile.slug,
      ':booking': booking.id,
      ':ticket': paid.tickets[0].id,
    })
    await using visitor = await stage.visit()
    await enter(visitor.page, organizer)
    signedIn = await visitor.context.storageState()
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  /** Opens a page, in another language and theme and at another width than the one before it. */
  async function expectWhole(path: string, index: number, context: BrowserContextOptions) {
    await using visitor = await stage.visit({
      language: index % 2 === 0 ? 'id' : 'en',
      theme: index % 4 < 2 ? 'light' : 'dark',
      width: index % 3 === 0 ? 'desk' : 'phone',
      context: { ...context, reducedMotion: 'reduce' }, // colours of what still fades in are not those that stay
    })
    const { page } = visitor
    const address = path.replace(/:[a-z]+/, (name) => names[name] ?? name)
    await page.goto(address, { waitUntil: 'networkidle' })
    await page.getByRole('heading', { level: 1 }).first().waitFor()
    expect({
      headings: await page.getByRole('heading', { level: 1 }).count(),
      title: await page.title(),
      wider: await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
      accessibility: await visitor.accessibility(),
    }).toEqual({ headings: 1, title: expect.stringMatching(/^.+ · Karcis$/), wider: 0, accessibility: [] })
  }

  it.for(PUBLIC.map((path, index) => [path, index] as const))(
    '%s is whole for whoever comes by',
    ([path, index]) => expectWhole(path, index, {}),
  )

  it.for(OWN.map((path, index) => [path, index + 1] as const))(
    '%s is whole for whoever is signed in',
    ([path, index]) => expectWhole(path, index, { storageState: signedIn }),
  )
})
