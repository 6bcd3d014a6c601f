import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  concert,
  createBooking,
  endEvent,
  pay,
  type Person,
  signUp,
  signUpOrganizer,
} from '../../e2e/test/builders.ts'
import { enter, PATIENCE } from './people.ts'
import { describeInBrowser, openStage, type Stage } from './stage.ts'

describeInBrowser('a buyer who wants more than a ticket', () => {
  let stage: Stage
  let organizer: Person

  beforeAll(async () => {
    stage = await openStage()
    organizer = await signUpOrganizer(stage, stage.admin)
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  const openSale = (quota: number) => concert(stage, stage.admin, organizer, { price: 100_000, quota })

  async function buyer(name: string, ticketTypeId: string) {
    const person = await signUp(stage, name)
    const { createBooking: booking } = await createBooking(stage, person, { ticketTypeId, quantity: 1 })
    const { confirmPayment } = await pay(stage, person, booking.id)
    return { person, ticketId: confirmPayment.tickets[0].id as string }
  }

  const allowResale = (eventId: string) =>
    stage.run(
      'mutation ($input: SetResaleInput!) { setResale(input: $input) { id } }',
      { input: { eventId, untilHoursBeforeStart: 1 } },
      organizer.token,
    )

  it('waits for what is sold out, and is given the place of somebody who cannot come, who has their money back', async () => {
    const { eventId, typeId, slug } = await openSale(1)
    await allowResale(eventId)
    const { person: seller, ticketId } = await buyer('Vera', typeId)
    await using waiting = await stage.visit({ language: 'en', width: 'phone' })
    await using selling = await stage.visit({ language: 'en' })
    const { page } = waiting
    await enter(page, await signUp(stage, 'Wawan'))
    await page.goto(`/events/${slug}`)
    await page.getByRole('button', { name: 'Join the waitlist' }).click()
    await page.getByText('You are number 1 on the waitlist').waitFor()
    expect(await waiting.accessibility()).toEqual([])
    await page.reload()
    await page.getByText('You are number 1 on the waitlist').waitFor()
    const choosing = await waiting.newPage()
    await choosing.goto(`/events/${slug}/buy`)
    await choosing.getByText('You are number 1 on the waitlist, for 1 ticket.').waitFor()

    await enter(selling.page, seller)
    await selling.page.goto(`/tickets/${ticketId}`)
    await selling.page.getByText('Cannot come?').click()
    await selling.page.getByRole('button', { name: 'Offer it for resale' }).click()
    const dialog = selling.page.getByRole('dialog', { name: 'Offer it for resale' })
    expect(await selling.accessibility()).toEqual([])
    await dialog.getByRole('button', { name: 'Offer the ticket' }).click()
    await selling.page.getByText('It stays valid until somebody buys it.').first().waitFor()

    for (const tab of [page, choosing]) await tab.getByText('There are tickets for you!').waitFor(PATIENCE) // by itself
    expect(await waiting.accessibility()).toEqual([])
    await page.getByRole('link', { name: 'Book now' }).click()
    await payFromBalance(page)
    await selling.page
      .getByText('The money for this ticket went back. It is not valid any more.')
      .waitFor(PATIENCE)
    await selling.page.goto('/account/wallet')
    await selling.page.getByText('IDR 1,000,000').first().waitFor()
  })

  it('buys from somebody who had changed their mind twice', async () => {
    const { eventId, typeId, slug } = await openSale(1)
    await allowResale(eventId)
    const { person: seller, ticketId } = await buyer('Yuni', typeId)
    await using selling = await stage.visit({ language: 'en', width: 'phone' })
    await using buying = await stage.visit({ language: 'en' })
    const zaki = await signUp(stage, 'Zaki')
    await enter(buying.page, zaki)
    await buying.page.goto(`/events/${slug}`)
    await buying.page.getByText('Sold out').first().waitFor()
    const { page } = selling
    await enter(page, seller)
    await page.goto(`/tickets/${ticketId}`)
    await page.getByText('Cannot come?').click()
    const offer = async () => {
      await page.getByRole('button', { name: 'Offer it for resale' }).click()
      await page.getByRole('button', { name: 'Offer the ticket' }).click()
      await page.getByRole('button', { name: 'Keep it after all' }).waitFor()
    }
    await offer()
    await page.getByRole('button', { name: 'Keep it after all' }).click()
    await page.getByText('No longer on offer. The ticket stays yours.').waitFor()
    await offer()

    await buying.page.getByRole('link', { name: 'Buy tickets' }).first().click() // comes by itself
    await buying.page.getByRole('spinbutton', { name: 'Festival' }).fill('1')
    await buying.page.getByRole('button', { name: 'Continue', exact: true }).click()
    await payFromBalance(buying.page)
    await page.getByText('The money for this ticket went back. It is not valid any more.').waitFor(PATIENCE)
    const { myTickets } = await stage.run(
      '{ myTickets(first: 5) { edges { node { status } } } }',
      {},
      zaki.token,
    )
    expect(myTickets.edges).toEqual([{ node: { status: 'VALID' } }])
  })

  it('pays less by a promo code, and says who comes and what was asked of them', async () => {
    const { eventId, slug } = await openSale(10)
    const PROMO = 'mutation ($input: CreatePromoCodeInput!) { createPromoCode(input: $input) { id } }'
    await stage.run(
      PROMO,
      { input: { code: 'HEMAT25', eventId, kind: 'PERCENT', percent: 25 } },
      organizer.token,
    )
    const questions = [
      { text: 'Your company', kind: 'TEXT', required: true },
      { text: 'Do you eat meat?', kind: 'YES_NO', required: true },
      { text: 'Size of the shirt', kind: 'CHOICE', options: ['S', 'M', 'L'] },
    ]
    const ASK = 'mutation ($input: SetQuestionsInput!) { setQuestions(input: $input) { id } }'
    await stage.run(ASK, { input: { eventId, questions } }, organizer.token)
    const person = await signUp(stage, 'Ayu')
    await using visitor = await stage.visit({ language: 'en', width: 'phone' })
    const { page } = visitor
    await enter(page, person)
    await page.goto(`/events/${slug}/buy`)
    await page.getByRole('spinbutton', { name: 'Festival' }).fill('2')
    await page.getByRole('button', { name: 'Continue', exact: true }).click()
    await page.getByRole('textbox', { name: 'Promo code' }).fill('MAHAL')
    await page.getByRole('button', { name: 'Apply' }).click()
    visitor.expectProblem(/40[0-9]/)
    await page.getByText('There is no such code. Check how it is spelled.').waitFor()
    await page.getByRole('textbox', { name: 'Promo code' }).fill('hemat25')
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.getByText('HEMAT25: IDR 50,000 off').waitFor()
    expect(await visitor.accessibility()).toEqual([])
    await payFromBalance(page)

    const forms = page.getByRole('form', { name: /^Ticket \d, Festival/ })
    await forms.first().waitFor()
    expect(await forms.count()).toBe(2)
    expect(await forms.first().getByRole('textbox', { name: 'Name' }).inputValue()).toBe('Ayu')
    const second = forms.last()
    await second.getByRole('textbox', { name: 'Name' }).fill('Bagas')
    await second.getByRole('radio', { name: 'No' }).check()
    await second.getByRole('combobox', { name: 'Size of the shirt' }).selectOption('M')
    await second.getByRole('button', { name: 'Save' }).click()
    await second.getByText('Please fill this in.').waitFor()
    expect(await visitor.accessibility()).toEqual([])
    await second.getByRole('textbox', { name: 'Your company' }).fill('Tari Bali')
    await second.getByRole('button', { name: 'Save' }).click()
    await second.getByText('Saved.').waitFor()

    await page
      .getByRole('link', { name: /See the ticket/ })
      .last()
      .click()
    await page.getByText('Who comes: Bagas').click()
    await page.getByText('Tari Bali').waitFor()
    await page.getByRole('button', { name: 'Change' }).click()
    const dialog = page.getByRole('dialog', { name: 'Who comes' })
    await dialog.getByRole('radio', { name: 'Yes' }).check()
    await dialog.getByRole('combobox', { name: /Size of the shirt/ }).selectOption('L')
    await dialog.getByRole('textbox', { name: 'Your company' }).fill('')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByText('Please fill this in.').waitFor()
    await dialog.getByRole('textbox', { name: 'Your company' }).fill('Tari Jawa')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Tari Jawa').waitFor()
    const { myTickets } = await stage.run(
      '{ myTickets(first: 5) { edges { node { attendee { name answers { answer } } } } } }',
      {},
      person.token,
    )
    const said = myTickets.edges.flatMap(
      ({ node }: { node: { attendee: object | null } }) => node.attendee ?? [],
    )
    expect(said).toEqual([
      { name: 'Bagas', answers: [{ answer: 'Tari Jawa' }, { answer: 'YES' }, { answer: 'L' }] },
    ])
  })

  it('was there, writes a review, changes it and takes it back', async () => {
    const { eventId, typeId, slug } = await openSale(10)
    const { person } = await buyer('Citra', typeId)
    await endEvent(stage, eventId)
    await using visitor = await stage.visit({ language: 'en' })
    const { page } = visitor
    await enter(page, person)
    await page.goto(`/events/${slug}`)
    await page.getByText('Those who were there can write a review below.').waitFor()
    await page.getByRole('button', { name: 'Write a review' }).click()
    await page.getByRole('textbox', { name: 'Tell about your experience' }).fill('I danced all night.')
    await page.getByRole('button', { name: 'Send review' }).click()
    await page.getByText('Choose one.').waitFor()
    await page.getByRole('radio', { name: '4 of 5 stars' }).check()
    expect(await visitor.accessibility()).toEqual([])
    await page.getByRole('button', { name: 'Send review' }).click()
    await page.getByText('Thank you for your review.').waitFor()
    const mine = page.getByRole('listitem').filter({ hasText: 'Citra' })
    await mine.getByText('I danced all night.').waitFor()
    expect(await visitor.accessibility()).toEqual([])
    await page.getByRole('button', { name: 'Edit my review' }).click()
    await page.getByRole('textbox', { name: 'Tell about your experience' }).fill('I danced until five.')
    await page.getByRole('button', { name: 'Send review' }).click()
    await mine.getByText('I danced until five.').waitFor()
    await page.getByRole('button', { name: 'Delete' }).click()
    await page
      .getByRole('dialog', { name: 'Delete your review?' })
      .getByRole('button', { name: 'Delete' })
      .click()
    await mine.waitFor({ state: 'detached' })
    await page.getByText('No reviews yet.').waitFor()
  })
})

async function payFromBalance(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Go on to payment' }).click()
  await page.getByRole('radio', { name: /Karcis balance/ }).check()
  await page.getByRole('button', { name: /^Pay / }).click()
  await page.getByRole('heading', { name: 'You have your tickets' }).waitFor()
}
