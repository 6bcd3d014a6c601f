import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  arena,
  approvedEvent,
  holdSeats,
  type Person,
  signUp,
  signUpOrganizer,
  ticketType,
} from '../../e2e/test/builders.ts'
import { enter } from './people.ts'
import { describeInBrowser, openStage, type Stage } from './stage.ts'

/** Long enough to get to the page, short enough to see it run out. */
const HOLD_SECONDS = 20

describeInBrowser('the time of a hold', () => {
  let stage: Stage
  let organizer: Person

  beforeAll(async () => {
    stage = await openStage({ HOLD_SECONDS, PAYMENT_MARGIN_SECONDS: 0 })
    organizer = await signUpOrganizer(stage, stage.admin)
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  it('can be made longer, runs out aloud, and leads to the same again', async () => {
    const eventId = await approvedEvent(stage, stage.admin, organizer)
    await ticketType(stage, organizer, eventId, { name: 'Festival', price: 50_000, quota: 5 })
    const { event } = await stage.run('query ($id: ID!) { event(id: $id) { slug } }', { id: eventId })
    const buyer = await signUp(stage, 'Wati')
    await using visitor = await stage.visit({ language: 'en' })
    const { page } = visitor
    await enter(page, buyer)
    await page.goto(`/events/${event.slug}/buy`)
    await page.getByRole('spinbutton', { name: 'Festival' }).fill('2')
    await page.getByRole('button', { name: 'Continue', exact: true }).click()
    await page.getByRole('timer', { name: /Your tickets are kept for/ }).waitFor()
    await page.getByText('Your tickets are let go in thirty seconds!').waitFor({ state: 'attached' })
    // At the very beginning there is no more time to be had.
    await page.getByRole('timer').filter({ hasText: /0:1\d/ }).waitFor()
    await page.getByRole('button', { name: 'Ask for more time' }).click()
    await page.getByText(/You have until .* now\./).waitFor()

    const dialog = page.getByRole('dialog', { name: 'Time is up' })
    await dialog.waitFor()
    expect(await visitor.accessibility()).toEqual([])
    await page.keyboard.press('Escape')
    await dialog.getByRole('button', { name: 'Look for the same again' }).click()
    await page.getByText('The same tickets are kept for you again.').waitFor()
    await dialog.waitFor({ state: 'hidden' })
    await page.getByText('2 × Festival').waitFor()
  })

  it('ends with seats that somebody else has taken: the best of the same price are kept instead, and named', async () => {
    const { eventId, seat } = await arena(stage, stage.admin, organizer)
    const [buyer, quicker] = [await signUp(stage, 'Yanti'), await signUp(stage, 'Zaki')]
    const seats = [seat('Front', 'A', 10), seat('Front', 'A', 11)]
    const { holdSeats: hold } = await holdSeats(stage, buyer, eventId, seats)
    await using visitor = await stage.visit({ language: 'id', width: 'phone' })
    const { page } = visitor
    await enter(page, buyer)
    await page.goto(`/checkout/${hold.id}`)
    const dialog = page.getByRole('dialog', { name: 'Waktunya habis' })
    await dialog.waitFor()
    await holdSeats(stage, quicker, eventId, seats)
    await dialog.getByRole('button', { name: 'Cari yang sama lagi' }).click()
    await page
      .getByText(
        /Kursi tadi sudah diambil\. Kami menyimpan yang terbaik dengan harga yang sama: Front [A-Z]-\d+ dan Front [A-Z]-\d+\./,
      )
      .waitFor()
    await page.getByText('2 × VIP').waitFor()
    expect(await visitor.accessibility()).toEqual([])
  })
})
