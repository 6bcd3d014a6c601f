import { afterAll, beforeAll, expect, it } from 'vitest'
import { approvedEvent, createBooking, pay, signUpOrganizer, ticketType } from '../../e2e/test/builders.ts'
import { enter } from './people.ts'
import { describeInBrowser, openStage, type Stage } from './stage.ts'
import type { Visitor, VisitorOptions } from './visitor.ts'

const NOWHERE = '/nobody-made-this-page'
/** Paths as the story fills them in, as `:event`. */
const PUBLIC = [
  '/',
  '/search',
  '/events/:event',
  '/events/:event/buy',
  '/organizers/:organizer',
  '/sign-in',
  '/sign-in/link',
  '/sign-up',
  '/forgot-password',
  '/reset-password',
  '/verify-email',
  '/confirm-email-change',
  '/undo-email-change',
  '/claim',
  '/staff/invitation',
  '/cart',
  '/wishlist',
  '/tickets',
  '/door',
  '/ui',
  '/ui/seat-map',
  NOWHERE,
]
const OWN = [
  '/cart',
  '/checkout/:hold',
  '/checkout/:unpaid/pay',
  '/checkout/:booking/result',
  '/wishlist',
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

/** Who looks at them. Colours of what still fades in are not those that stay. */
const VIEWS: readonly VisitorOptions[] = [
  { language: 'id', width: 'phone', context: { reducedMotion: 'reduce' } },
  { language: 'en', width: 'desk', context: { reducedMotion: 'reduce' } },
]

/** Runs in the page: what takes more room, or less, while it has the focus. Who taps elsewhere would take that from it, and miss, as what they tapped moves away. */
function movedByFocus(): string[] {
  const main = document.querySelector('main') as HTMLElement
  for (const heading of main.querySelectorAll('h1')) heading.tabIndex = -1 // as on arrival from another page
  return [...main.querySelectorAll<HTMLElement>('h1, a, button, input, select, textarea, summary')]
    .filter((one) => {
      main.querySelector<HTMLElement>(':focus')?.blur()
      const { offsetHeight } = main
      one.focus({ preventScroll: true })
      return main.offsetHeight !== offsetHeight
    })
    .map(({ outerHTML }) => outerHTML.slice(0, 200))
}

describeInBrowser('every page', () => {
  let stage: Stage
  const passers: Visitor[] = []
  const members: Visitor[] = []
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
    const one = { ticketTypeId, quantity: 1 }
    const { createBooking: unpaid } = await createBooking(stage, organizer, one)
    const { holdTickets: hold } = await stage.run(
      'mutation ($input: HoldTicketsInput!) { holdTickets(input: $input) { id } }',
      { input: one },
      organizer.token,
    )
    await stage.run(
      'mutation ($cart: AddToCartInput!, $eventId: ID!) { addToCart(input: $cart) { totalPrice } addToWishlist(eventId: $eventId) { id } }',
      { cart: one, eventId },
      organizer.token,
    )
    Object.assign(names, {
      ':hold': hold.id,
      ':unpaid': unpaid.id,
      ':event': event.slug,
      ':organizer': event.organizer.organizerProfile.slug,
      ':booking': booking.id,
      ':ticket': paid.tickets[0].id,
    })
    for (const view of VIEWS) {
      passers.push(await stage.visit(view))
      const member = await stage.visit(view)
      await enter(member.page, organizer)
      members.push(member)
    }
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  /** Opens a page in both languages, at two widths and in both themes. */
  async function expectWhole(path: string, visitors: readonly Visitor[]) {
    const address = path.replace(/:[a-z]+/, (name) => names[name] ?? name)
    for (const visitor of visitors) {
      const before = visitor.problems.length
      const page = await visitor.newPage()
      await page.goto(address, { waitUntil: 'networkidle' })
      await page.getByRole('heading', { level: 1 }).first().waitFor()
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        expect({
          colorScheme,
          language: await page.locator('html').getAttribute('lang'),
          headings: await page.getByRole('heading', { level: 1 }).count(),
          title: await page.title(),
          wider: await page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth)),
          overflowing: await page.evaluate(() =>
            [...document.querySelectorAll('.card')]
              .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
              .map(({ textContent }) => textContent),
          ),
          accessibility: await visitor.accessibility(page),
          problems: visitor.problems.slice(before).filter((one) => !(path === NOWHERE && /404/.test(one))),
        }).toEqual({
          colorScheme,
          language: visitor === visitors[0] ? 'id' : 'en',
          headings: 1,
          title: expect.stringMatching(/^.+ · Karcis$/),
          wider: 0,
          overflowing: [],
          accessibility: [],
          problems: [],
        })
      }
      expect(await page.evaluate(movedByFocus)).toEqual([])
      await page.close()
    }
  }

  it.for(PUBLIC)('%s is whole for whoever comes by', (path) => expectWhole(path, passers))

  it.for(OWN)('%s is whole for whoever is signed in', (path) => expectWhole(path, members))
})
