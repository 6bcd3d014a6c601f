import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  approvedEvent,
  createBooking,
  pay,
  type Person,
  signUp,
  signUpOrganizer,
  ticketType,
} from '../../e2e/test/builders.ts'
import { enter } from './people.ts'
import { describeInBrowser, openStage, type Stage } from './stage.ts'

describeInBrowser('a ticket that somebody cannot use', () => {
  let stage: Stage
  let organizer: Person
  let eventId: string
  let typeId: string

  beforeAll(async () => {
    stage = await openStage()
    organizer = await signUpOrganizer(stage, stage.admin)
    eventId = await approvedEvent(stage, stage.admin, organizer)
    typeId = await ticketType(stage, organizer, eventId, { name: 'Festival', price: 100_000, quota: 100 })
    await stage.run(
      'mutation ($input: SetRefundPolicyInput!) { setRefundPolicy(input: $input) { approval } }',
      {
        input: {
          eventId,
          tiers: [{ hoursBeforeStart: 24, percent: 80 }],
          approval: 'ORGANIZER',
          reviewHours: 48,
          whenUndecided: 'APPROVE',
          feesKept: false,
        },
      },
      organizer.token,
    )
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  /** Somebody who has bought so many tickets. */
  async function buyer(name: string, quantity: number) {
    const person = await signUp(stage, name)
    const { createBooking: booking } = await createBooking(stage, person, { ticketTypeId: typeId, quantity })
    const { confirmPayment } = await pay(stage, person, booking.id)
    const tickets: { id: string; code: string }[] = confirmPayment.tickets
    return { person, bookingId: booking.id as string, tickets }
  }

  it('is given back: the money is named before, waits for the organizer, and is then in the wallet', async () => {
    const { person, bookingId, tickets } = await buyer('Rini', 2)
    await using visitor = await stage.visit({ language: 'en', width: 'phone' })
    const { page } = visitor
    await enter(page, person)
    await page.goto(`/tickets/${tickets[0]?.id}`)
    await page.getByText('Cannot come?').click()
    await page.getByRole('link', { name: 'Ask for a refund' }).click()
    const dialog = page.getByRole('dialog', { name: 'Ask for a refund' })
    await dialog.getByText('80% of what you paid').waitFor()
    await dialog.getByText('IDR 80,000').waitFor() // of the one ticket they came from
    expect(await visitor.accessibility()).toEqual([])
    await dialog.getByRole('radio', { name: 'to your Karcis balance' }).check()
    await dialog.getByRole('textbox', { name: 'Why' }).fill('My sister marries that day.')
    await dialog.getByRole('button', { name: 'Ask for the refund' }).click()
    await page.getByText('Waits for the organizer').waitFor()
    expect(await visitor.accessibility()).toEqual([])

    const { booking } = await stage.run(
      'query ($id: ID!) { booking(id: $id) { refundRequests { id amount toWallet } } }',
      { id: bookingId },
      person.token,
    )
    expect(booking.refundRequests).toMatchObject([{ amount: 80_000, toWallet: true }])
    await stage.run(
      'mutation ($id: ID!) { reviewRefund(id: $id, input: { decision: APPROVED }) { status } }',
      { id: booking.refundRequests[0].id },
      organizer.token,
    )
    await page.getByText('The money is back').waitFor() // by itself
    await page.getByText('Partly refunded').first().waitFor()
    await page.goto('/account/wallet')
    await page.getByText('IDR 880,000').first().waitFor() // of 1,000,000: two tickets less, 80,000 back
    await page.goto(`/tickets/${tickets[0]?.id}`)
    await page.getByText('The money for this ticket went back. It is not valid any more.').waitFor()
  })

  it('is handed on: the other has it with a new code, and the first one sees that it is not theirs', async () => {
    const { person, tickets } = await buyer('Rini', 1)
    const [{ id, code } = { id: '', code: '' }] = tickets
    const friend = await signUp(stage, 'Bayu')
    await using giver = await stage.visit({ language: 'en' })
    await using taker = await stage.visit({ language: 'en', width: 'phone' })
    const { page } = giver
    await enter(page, person)
    await page.goto(`/tickets/${id}`)
    await page.getByText('Cannot come?').click()
    await page.getByRole('button', { name: 'Hand on to somebody' }).click()
    const dialog = page.getByRole('dialog', { name: 'Hand on to somebody' })
    await dialog.getByText('you cannot take it back').waitFor()
    expect(await giver.accessibility()).toEqual([])
    await dialog.getByRole('textbox', { name: 'Their e-mail address' }).fill(friend.email)
    await dialog.getByRole('button', { name: 'Hand the ticket on' }).click()
    await page.getByText(`Handed on to ${friend.email}`).waitFor()
    await page.getByText('This ticket is somebody else’s now, who has a new code.').waitFor()
    expect(await giver.accessibility()).toEqual([])

    await enter(taker.page, friend)
    await taker.page.goto('/tickets')
    await taker.page.getByRole('link', { name: /Night/ }).click()
    await taker.page.getByRole('img', { name: /QR code of ticket/ }).waitFor()
    const { myTickets } = await stage.run(
      '{ myTickets(first: 5) { edges { node { status code } } } }',
      {},
      friend.token,
    )
    const [{ node }] = myTickets.edges
    expect(node).toMatchObject({ status: 'VALID' })
    expect(node.code).not.toBe(code)
    await taker.page.getByText('The code as text').click()
    await taker.page.getByText(node.code.trim()).waitFor()

    await page.goto('/tickets')
    await page.getByRole('heading', { name: 'Past' }).waitFor()
    await page.getByText('Handed on', { exact: true }).waitFor()
    expect(await page.getByRole('heading', { name: 'Coming up' }).count()).toBe(0)
  })
})
